import { defineScript } from '@redpost/core';
import { mostBytesLua } from '@redpost/core/consuming';
import type { QueueKeys } from '../keys.js';
import envelope from './envelope.lua';
import source from './redrive.lua';

export interface RedriveInput {
  keys: QueueKeys;
  /** Ids of entries of the stream, `-` and `+` for the ends; `(` before one leaves it out. */
  from: string;
  to: string;
  limit: number;
}

/** The ids of the entries that were sent again. */
export const redrive = defineScript<RedriveInput, string[]>({
  name: 'redrive',
  lua: envelope + mostBytesLua + source,
  looksFirst: () => true,
  encode: ({ keys, from, to, limit }) => ({
    keys: [keys.dead, keys.list],
    args: [from, to, limit],
  }),
  parse: (reply) => (reply as Buffer[]).map(String),
});
