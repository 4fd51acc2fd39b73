import { defineScript } from '@redpost/core';
import { clockPart, shortenLeasesPart, writeBeforeGrowingPart } from '@redpost/core/consuming';
import type { GroupKeys } from '../topic-keys.js';
import { waitingPart } from './parts/parts.js';
import source from './renew.lua';
import { groupKeys, registration } from './script-keys.js';

export interface RenewInput {
  keys: GroupKeys;
  group: string;
  consumer: string;
  leaseMs: number;
  /** What it tells of itself, as JSON. Default: nothing. */
  about?: string | undefined;
}

export type RenewResult =
  | { status: 'lost' }
  | {
      status: 'held';
      /** How many records are pending under the name of the consumer. */
      pending: number;
      /** Consumers to recover: their lease has run out, or they hold records without a lease. */
      overdue: string[];
    };

/** How long a consumer without records and without a lease may be idle before it is removed, in ms. */
const unusedMs = 3_600_000;

export const renew = defineScript<RenewInput, RenewResult>({
  name: 'renew',
  uses: [clockPart, waitingPart, shortenLeasesPart, writeBeforeGrowingPart],
  keys: { ...groupKeys('stream', 'consumers'), registration },
  args: {
    group: ({ group }) => group,
    consumer: ({ consumer }) => consumer,
    lease_ms: ({ leaseMs }) => leaseMs,
    about: ({ about = '{}' }) => about,
    idle_ms: ({ leaseMs }) => leaseMs,
    unused_ms: () => unusedMs,
  },
  lua: source,
  parse(reply) {
    if (reply === null) return { status: 'lost' };
    const [pending, ...overdue] = reply as [number, ...Buffer[]];
    return { status: 'held', pending, overdue: overdue.map(String) };
  },
});
