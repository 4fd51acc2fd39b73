import { defineScript } from '@redpost/core';
import { mostBytesPart } from '@redpost/core/consuming';
import type { QueueKeys } from '../keys.js';
import source from './fetch.lua';
import { heldPart } from './parts/parts.js';
import { namedKeys } from './script-keys.js';

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
  uses: [mostBytesPart, heldPart],
  keys: namedKeys('active', 'batches', 'consumers'),
  args: { consumer: ({ consumer }) => consumer },
  rest: ({ receipts }) => receipts,
  lua: source,
  parse(reply) {
    if (reply === null) return { status: 'lost' };
    return { status: 'held', elements: reply as (Buffer | null)[] };
  },
});
