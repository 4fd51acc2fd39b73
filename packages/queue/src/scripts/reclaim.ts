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
  /** In the order of their receipts. */
  | { status: 'held'; messages: { receipt: number; element: Buffer }[] };

export const reclaim = defineScript<ReclaimInput, ReclaimResult>({
  name: 'reclaim',
  lua: writeNothing + batches + source,
  encode: ({ keys, consumer, firstReceipt, handedOff }) => ({
    keys: [keys.active(consumer), keys.batches(consumer), keys.handoff(consumer), keys.consumers],
    args: [consumer, firstReceipt, handedOff ?? ''],
  }),
  parse(reply) {
    if (reply === null) return { status: 'lost' };
    const fields = reply as Buffer[];
    const messages = [];
    for (let at = 0; at < fields.length; at += 2) {
      messages.push({ receipt: Number(fields[at]), element: fields[at + 1] as Buffer });
    }
    return { status: 'held', messages: messages.sort((a, b) => a.receipt - b.receipt) };
  },
});
