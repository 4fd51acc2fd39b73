import { defineScript } from '@redpost/core';
import { mostBytesLua } from '@redpost/core/consuming';
import type { QueueKeys } from '../keys.js';
import clock from './clock.lua';
import source from './promote.lua';
import writeNothing from './write-nothing.lua';

export interface PromoteResult {
  moved: number;
  /** How long until the next message is due, in ms; undefined when none is delayed. */
  nextInMs: number | undefined;
}

const limit = 1000;

export const promote = defineScript<{ keys: QueueKeys }, PromoteResult>({
  name: 'promote',
  lua: clock + writeNothing + mostBytesLua + source,
  looksFirst: () => true,
  encode: ({ keys }) => ({ keys: [keys.delayed, keys.list], args: [limit] }),
  parse(reply) {
    const [moved, nextInMs] = reply as [number, number];
    return { moved, nextInMs: nextInMs < 0 ? undefined : nextInMs };
  },
});
