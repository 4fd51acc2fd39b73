import { defineScript } from '@redpost/core';
import { mostBytesLua } from '@redpost/core/consuming';
import type { QueueKeys } from '../keys.js';
import source from './fetch.lua';

export interface FetchInput {
  keys: QueueKeys;
  consumer: string;
  receipts: readonly number[];
}

export type FetchResult =
  | { status: 'lost' }
  /** Of the first of the receipts, in their order; null for one that is no longer held. */
  | { status: 'held'; elements: (Buffer | null)[] };

export const fetch = defineScript<FetchInput, FetchResult>({
  name: 'fetch',
  lua: mostBytesLua + source,
  encode: ({ keys, consumer, receipts }) => ({
    keys: [keys.active(consumer), keys.consumers],
    args: [consumer, ...receipts],
  }),
  parse(reply) {
    if (reply === null) return { status: 'lost' };
    return { status: 'held', elements: reply as (Buffer | null)[] };
  },
});
