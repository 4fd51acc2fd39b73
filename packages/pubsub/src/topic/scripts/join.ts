import { defineScript } from '@redpost/core';
import type { GroupKeys } from '../topic-keys.js';
import clock from './clock.lua';
import source from './join.lua';

export interface JoinInput {
  keys: GroupKeys;
  group: string;
  consumer: string;
  leaseMs: number;
  /** Where a group that is missing begins: an offset, or `$` for the end. */
  from: string;
  /** True when no other consumer may hold a lease. */
  isExclusive: boolean;
}

export type JoinResult =
  /** Another consumer holds a lease. */
  { status: 'taken' } | { status: 'joined'; isNewGroup: boolean; overdue: string[] };

export const join = defineScript<JoinInput, JoinResult>({
  name: 'join',
  lua: clock + source,
  encode: ({ keys, group, consumer, leaseMs, from, isExclusive }) => ({
    keys: [keys.stream, keys.consumers, keys.delayed, keys.suspects],
    args: [group, consumer, leaseMs, from, isExclusive ? 1 : 0],
  }),
  parse(reply) {
    if (reply === null) return { status: 'taken' };
    const [isNew, ...overdue] = reply as [number, ...Buffer[]];
    return { status: 'joined', isNewGroup: isNew === 1, overdue: overdue.map(String) };
  },
});
