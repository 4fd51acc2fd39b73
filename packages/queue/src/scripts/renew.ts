import { defineScript } from '@redpost/core';
import { shortenLeasesLua } from '@redpost/core/consuming';
import type { QueueKeys } from '../keys.js';
import clock from './clock.lua';
import source from './renew.lua';
import writeNothing from './write-nothing.lua';

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
  lua: clock + writeNothing + shortenLeasesLua + source,
  encode: ({ keys, consumer, leaseMs, take }) => ({
    keys: [keys.consumers, keys.active(consumer), keys.batches(consumer), keys.handoff(consumer)],
    args: [consumer, leaseMs, take ? 1 : 0],
  }),
  parse(reply) {
    if (reply === null) return { status: 'lost' };
    const [held, ...overdue] = reply as [number, ...Buffer[]];
    return { status: 'held', held, overdue: overdue.map(String) };
  },
});
