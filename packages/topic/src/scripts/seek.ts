import { defineScript } from '@redpost/core';
import type { GroupKeys } from '../topic-keys.js';
import source from './seek.lua';
import waiting from './waiting.lua';

export interface SeekInput {
  keys: GroupKeys;
  group: string;
  /** The group reads what comes after it; `$` for the end. */
  offset: string;
  signal: string;
}

export const seek = defineScript<SeekInput, void>({
  name: 'seek',
  lua: waiting + source,
  looksFirst: () => true,
  encode: ({ keys, group, offset, signal }) => ({
    keys: [keys.stream, keys.delayed, keys.suspects],
    args: [group, offset, signal],
  }),
  parse: () => undefined,
});
