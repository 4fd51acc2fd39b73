import { defineScript } from '@redpost/core';
import type { QueueKeys } from '../keys.js';
import batches from './batches.lua';
import source from './reclaim.lua';
import writeNothing from './write-nothing.lua';

export interface ReclaimInput {
  keys: QueueKeys;
  consumer: string;
  firstReceipt: number;
  /** The receipt of what the last blocking move brought, when the server may not know it yet. */
  handedOff: number | undefined;
}

export type ReclaimResult =
  | { status: 'lost' }
  /** In their order. */
  | { status: 'held'; receipts: number[] };

export const reclaim = defineScript<ReclaimInput, ReclaimResult>({
  name: 'reclaim',
  lua: writeNothing + batches + source,
  encode: ({ keys, consumer, firstReceipt, handedOff }) => ({
    keys: [keys.active(consumer), keys.batches(consumer), keys.handoff(consumer), keys.consumers],
    args: [consumer, firstReceipt, handedOff ?? ''],
  }),
  parse(reply) {
    if (reply === null) return { status: 'lost' };
    return { status: 'held', receipts: (reply as Buffer[]).map(Number).sort((a, b) => a - b) };
  },
});
