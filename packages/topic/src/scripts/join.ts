import { defineScript } from '@redpost/core';
import { shortenLeasesLua } from '@redpost/core/consuming';
import type { GroupKeys } from '../topic-keys.js';
import clock from './clock.lua';
import source from './join.lua';
import writeNothing from './write-nothing.lua';

export interface JoinInput {
  keys: GroupKeys;
  group: string;
  consumer: string;
  leaseMs: number;
  /** Where a group that is missing begins: an offset, or `$` for the end. */
  from: string;
  /** For how long the member has been there, in ms: what was published since then is no past. */
  memberForMs: number;
  /** True when no other consumer may hold a lease. */
  isExclusive: boolean;
}

export type JoinResult =
  /** Another consumer holds a lease. */
  | { status: 'taken' }
  /** `overdue`: no lease was taken. These are to be recovered before one can be the only one. */
  | { status: 'joined' | 'overdue'; isNewGroup: boolean; overdue: string[] };

export const join = defineScript<JoinInput, JoinResult>({
  name: 'join',
  lua: clock + writeNothing + shortenLeasesLua + source,
  looksFirst: () => true,
  encode: ({ keys, group, consumer, leaseMs, from, isExclusive, memberForMs }) => ({
    keys: [keys.stream, keys.consumers, keys.delayed, keys.suspects],
    args: [group, consumer, leaseMs, from, isExclusive ? 1 : 0, Math.floor(memberForMs)],
  }),
  parse(reply) {
    if (reply === null) return { status: 'taken' };
    const [isJoined, isNew, ...overdue] = reply as [number, number, ...Buffer[]];
    const status = isJoined === 1 ? 'joined' : 'overdue';
    return { status, isNewGroup: isNew === 1, overdue: overdue.map(String) };
  },
});
