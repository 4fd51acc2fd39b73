import { performance } from '@redpost/core/consuming';
import type { GroupContext } from '../group/group-context.js';
import { type JoinResult, join } from '../scripts/join.js';
import type { GroupKeys } from '../topic-keys.js';

export interface LeaseTakingOptions {
  keys: GroupKeys;
  consumer: string;
  leaseMs: number;
  /** Where the group begins when it does not exist yet. */
  start: string;
  /** When its member began, by `performance.now()`. */
  memberSince: number;
  /** True when the lease is not wanted any more. */
  isOver(): boolean;
  /** Returns the records of these consumers, whose leases have run out. */
  recover(consumers: readonly string[]): Promise<void>;
  /** The group is there. @param isNew it did not exist and was made. */
  groupFound(isNew: boolean): void;
}

export interface TakenLease {
  /** When the call was made that took it, by `performance.now()`. */
  readonly takenAt: number;
  /** Other consumers whose lease has run out, to be recovered. */
  readonly overdue: readonly string[];
}

/**
 * Takes a lease; in a topic with partitions, only where nobody else has one. Resolves to undefined
 * when another consumer has it. May be called again when it has failed on the way.
 */
export async function takeLease(
  context: GroupContext,
  options: LeaseTakingOptions,
): Promise<TakenLease | undefined> {
  // A member that is to be the only one recovers first, and then tries again.
  for (let tries = 0; tries < 2 && !options.isOver(); tries += 1) {
    const takenAt = performance.now();
    const joined = await joinOnce(context, options);
    if (joined.status === 'taken') return undefined;
    options.groupFound(joined.isNewGroup);
    if (joined.status === 'joined') return { takenAt, overdue: joined.overdue };
    await options.recover(joined.overdue);
  }
  return undefined;
}

function joinOnce(
  { topic, group, isOrdered }: GroupContext,
  { keys, consumer, leaseMs, start, memberSince }: LeaseTakingOptions,
): Promise<JoinResult> {
  return topic.connection.run(join, {
    keys,
    group,
    consumer,
    leaseMs,
    from: start,
    isExclusive: isOrdered,
    memberForMs: performance.now() - memberSince,
  });
}
