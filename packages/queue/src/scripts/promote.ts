import { defineScript } from '@redpost/core';
import { clockPart, mostBytesPart, writeBeforeGrowingPart } from '@redpost/core/consuming';
import type { QueueKeys } from '../keys.js';
import { debouncedPart, returnPart, wrongPlacePart } from './parts/parts.js';
import source from './promote.lua';
import {
  debouncedKeys,
  looksFirstButAtKeys,
  namedKeys,
  placeArgs,
  placeKeys,
} from './script-keys.js';

export interface PromoteResult {
  moved: number;
  /** How long until the next message is due, in ms; undefined when none is delayed. */
  nextInMs: number | undefined;
  /** How long until the next schedule is due, in ms, 0 if one is; undefined when there is none. */
  tickInMs: number | undefined;
}

const limit = 1000;

export const promote = defineScript<{ keys: QueueKeys }, PromoteResult>({
  name: 'promote',
  uses: [
    clockPart,
    mostBytesPart,
    writeBeforeGrowingPart,
    debouncedPart,
    returnPart,
    wrongPlacePart,
  ],
  keys: namedKeys(...placeKeys, ...debouncedKeys, 'delayed', 'schedules'),
  args: { most: () => limit, ...placeArgs },
  lua: source,
  looksFirst: looksFirstButAtKeys,
  parse(reply) {
    const [moved, nextInMs, tickInMs] = reply as [number, number, number];
    const someMs = (ms: number) => (ms < 0 ? undefined : ms);
    return { moved, nextInMs: someMs(nextInMs), tickInMs: someMs(tickInMs) };
  },
});
