import { defineScript } from '@redpost/core';
import { clockPart, shortenLeasesPart, writeBeforeGrowingPart } from '@redpost/core/consuming';
import type { QueueKeys } from '../keys.js';
import { heldPart } from './parts/parts.js';
import source from './renew.lua';
import { namedKeys } from './script-keys.js';

export interface RenewInput {
  keys: QueueKeys;
  consumer: string;
  leaseMs: number;
  /** True to take the lease, false to renew the one that is held. */
  take: boolean;
}

export type RenewResult =
  | { status: 'lost' }
  | {
      status: 'held';
      /** How many messages Redis counts as this consumer's. */
      held: number;
      /** Consumers, or with a leading `~` former ones, whose lease has run out. */
      overdue: string[];
    };

export const renew = defineScript<RenewInput, RenewResult>({
  name: 'renew',
  uses: [clockPart, writeBeforeGrowingPart, shortenLeasesPart, heldPart],
  keys: namedKeys('consumers', 'active', 'batches', 'handoff'),
  args: {
    consumer: ({ consumer }) => consumer,
    lease_ms: ({ leaseMs }) => leaseMs,
    is_new: ({ take }) => (take ? 1 : 0),
  },
  lua: source,
  parse(reply) {
    if (reply === null) return { status: 'lost' };
    const [held, ...overdue] = reply as [number, ...Buffer[]];
    return { status: 'held', held, overdue: overdue.map(String) };
  },
});
