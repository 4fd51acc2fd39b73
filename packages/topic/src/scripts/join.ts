import { defineScript } from '@redpost/core';
import { clockPart, shortenLeasesPart, writeBeforeGrowingPart } from '@redpost/core/consuming';
import type { GroupKeys } from '../topic-keys.js';
import source from './join.lua';
import { groupKeys, registration } from './script-keys.js';

export interface JoinInput {
  keys: GroupKeys;
  group: string;
  consumer: string;
  leaseMs: number;
  /** What it tells of itself, as JSON. Default: nothing. */
  about?: string | undefined;
  /** Where a new group begins: an offset, or `$` for the end. */
  from: string;
  /** How long ago the member has begun, in ms. With `$`, a stream that is younger is read from its first record on. */
  memberForMs: number;
  /** True when no other consumer may hold a lease. */
  isExclusive: boolean;
}

export type JoinResult =
  /** Another consumer holds a lease. */
  | { status: 'taken' }
  /** `overdue`: no lease was taken, because these consumers have to be recovered before an exclusive lease. */
  | { status: 'joined' | 'overdue'; isNewGroup: boolean; overdue: string[] };

export const join = defineScript<JoinInput, JoinResult>({
  name: 'join',
  uses: [clockPart, shortenLeasesPart, writeBeforeGrowingPart],
  keys: { ...groupKeys('stream', 'consumers', 'delayed', 'suspects'), registration },
  args: {
    group: ({ group }) => group,
    consumer: ({ consumer }) => consumer,
    lease_ms: ({ leaseMs }) => leaseMs,
    about: ({ about = '{}' }) => about,
    from: ({ from }) => from,
    is_exclusive: ({ isExclusive }) => (isExclusive ? 1 : 0),
    member_ms: ({ memberForMs }) => Math.floor(memberForMs),
  },
  lua: source,
  looksFirst: () => true,
  parse(reply) {
    if (reply === null) return { status: 'taken' };
    const [isJoined, isNew, ...overdue] = reply as [number, number, ...Buffer[]];
    const status = isJoined === 1 ? 'joined' : 'overdue';
    return { status, isNewGroup: isNew === 1, overdue: overdue.map(String) };
  },
});
