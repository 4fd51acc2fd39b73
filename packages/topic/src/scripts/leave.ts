import { defineScript } from '@redpost/core';
import type { GroupKeys } from '../topic-keys.js';
import clock from './clock.lua';
import source from './leave.lua';
import waiting from './waiting.lua';

export interface LeaveInput {
  keys: GroupKeys;
  group: string;
  consumer: string;
  signal: string;
}

/** How many records were handed back. */
export const leave = defineScript<LeaveInput, number>({
  name: 'leave',
  lua: clock + waiting + source,
  encode: ({ keys, group, consumer, signal }) => ({
    keys: [keys.stream, keys.consumers, keys.delayed, keys.suspects],
    args: [group, consumer, signal],
  }),
  parse: Number,
});
