import { defineScript } from '@redpost/core';
import { clockPart, mostBytesPart, writeBeforeGrowingPart } from '@redpost/core/consuming';
import type { QueueKeys } from '../keys.js';
import { debouncedPart, returnPart } from './parts/parts.js';
import source from './promote.lua';
import { debouncedKeys, namedKeys, placeArgs, placeKeys } from './script-keys.js';

export interface PromoteResult {
  moved: number;
  /** How long until the next message is due, in ms; undefined when none is delayed. */
  nextInMs: number | undefined;
}

const limit = 1000;

export const promote = defineScript<{ keys: QueueKeys }, PromoteResult>({
  name: 'promote',
  uses: [clockPart, mostBytesPart, writeBeforeGrowingPart, debouncedPart, returnPart],
  keys: namedKeys(...placeKeys, ...debouncedKeys, 'delayed'),
  args: { most: () => limit, ...placeArgs },
  lua: source,
  looksFirst: () => true,
  parse(reply) {
    const [moved, nextInMs] = reply as [number, number];
    return { moved, nextInMs: nextInMs < 0 ? undefined : nextInMs };
  },
});
