import { defineScript } from '@redpost/core';
import { clockPart, writeBeforeGrowingPart } from '@redpost/core/consuming';
import type { QueueKeys } from '../keys.js';
import { handoffPart, heldOncePart, openedLabelsPart } from './parts/parts.js';
import source from './reclaim.lua';
import { namedKeys } from './script-keys.js';

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
  uses: [clockPart, writeBeforeGrowingPart, openedLabelsPart, handoffPart, heldOncePart],
  keys: namedKeys(
    'active',
    'batches',
    'labels',
    'handoff',
    'consumers',
    'once',
    'onces',
    'shape',
    'seen',
  ),
  args: {
    signal: ({ keys }) => keys.signal,
    consumer: ({ consumer }) => consumer,
    first: ({ firstReceipt }) => firstReceipt,
    handed_off: ({ handedOff }) => handedOff ?? '',
  },
  lua: source,
  parse(reply) {
    if (reply === null) return { status: 'lost' };
    return { status: 'held', receipts: (reply as Buffer[]).map(Number) };
  },
});
