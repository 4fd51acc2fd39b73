import { defineScript } from '@redpost/core';
import { entriesLua, mostBytesLua } from '@redpost/core/consuming';
import type { GroupKeys } from '../topic-keys.js';
import source from './redrive.lua';

export interface RedriveInput {
  keys: GroupKeys;
  group: string;
  /** Ids of entries of the dead letters, `-` and `+` for the ends; `(` before one leaves it out. */
  from: string;
  to: string;
  limit: number;
}

/** The ids of the dead letters that were published again. */
export const redrive = defineScript<RedriveInput, string[]>({
  name: 'redrive',
  lua: mostBytesLua + entriesLua + source,
  looksFirst: () => true,
  encode: ({ keys, group, from, to, limit }) => ({
    keys: [keys.dead, keys.stream],
    args: [group, from, to, limit],
  }),
  parse: (reply) => (reply as Buffer[]).map(String),
});
