import { defineScript } from '@redpost/core';
import { shortenLeasesLua } from '@redpost/core/consuming';
import type { GroupKeys } from '../topic-keys.js';
import clock from './clock.lua';
import source from './renew.lua';
import writeNothing from './write-nothing.lua';

export interface RenewInput {
  keys: GroupKeys;
  group: string;
  consumer: string;
  leaseMs: number;
}

export type RenewResult =
  | { status: 'lost' }
  | {
      status: 'held';
      /** How many records are pending under the consumer's name. */
      pending: number;
      /** Consumers that have stopped beating, or never did, and hold records. */
      overdue: string[];
    };

/** When a consumer that holds nothing and does nothing is forgotten, in ms. */
const unusedMs = 3_600_000;

export const renew = defineScript<RenewInput, RenewResult>({
  name: 'renew',
  lua: clock + writeNothing + shortenLeasesLua + source,
  encode: ({ keys, group, consumer, leaseMs }) => ({
    keys: [keys.stream, keys.consumers],
    args: [group, consumer, leaseMs, leaseMs, unusedMs],
  }),
  parse(reply) {
    if (reply === null) return { status: 'lost' };
    const [pending, ...overdue] = reply as [number, ...Buffer[]];
    return { status: 'held', pending, overdue: overdue.map(String) };
  },
});
