import { defineScript } from '@redpost/core';
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

export type RenewResult = { status: 'lost' } | { status: 'held'; overdue: string[] };

/** When a consumer that holds nothing and does nothing is forgotten, in ms. */
const unusedMs = 3_600_000;

export const renew = defineScript<RenewInput, RenewResult>({
  name: 'renew',
  lua: clock + writeNothing + source,
  encode: ({ keys, group, consumer, leaseMs }) => ({
    keys: [keys.stream, keys.consumers],
    args: [group, consumer, leaseMs, leaseMs, unusedMs],
  }),
  parse(reply) {
    if (reply === null) return { status: 'lost' };
    return { status: 'held', overdue: (reply as Buffer[]).map(String) };
  },
});
