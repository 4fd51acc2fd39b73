import type { QueueContext } from '../context.js';
import type { Partitions } from '../partitions/partitions.js';
import { consumerOf, isFormer } from '../scripts/recover.js';
import { type StatsResult, stats } from '../scripts/stats.js';
import type { QueueLimits } from '../shape/limits.js';
import type { Paused } from '../shape/shape.js';

/** How many messages are in each state. */
export interface QueueStats {
  /** Into how many partitions the queue is divided; undefined where it is not. */
  partitions: number | undefined;
  /** How many messages wait for a consumer. */
  pending: number;
  /** How many messages consumers hold now. */
  active: number;
  /** How many messages wait for a point in time. */
  delayed: number;
  /** How many dead letters there are. */
  dead: number;
  /** How many schedules there are, also paused ones and such that have ended. */
  schedules: number;
  /** How many flows continue in this queue and are not over. */
  flows: number;
  /**
   * What was sent with acknowledgements (`ack({ send })`) or to flows, and has not yet arrived in the queues that it is for;
   * also the news for flows that members have ended.
   */
  outbox: {
    /** How many entries: messages, which are not in `pending`, members of flows, up to a thousand in an entry, and news. */
    pending: number;
    /** Since when the oldest of them waits, by the server's clock; undefined when there is none. */
    waitsSince: Date | undefined;
  };
  /** How many consumers hold a lease. */
  consumers: number;
  /** How many of them are paused by `pauseConsumer()`: see `consumers()`. */
  pausedConsumers: number;
  /** How many of the pending ones wait at each priority, 0 to 9; undefined where no message had one yet. */
  byPriority: readonly number[] | undefined;
  /** Since when and why the queue is paused; undefined when it is not. */
  paused: Paused | undefined;
  /** Until when nothing starts because a handler has asked for that, by `retry({ limited: true })`. */
  limitedUntil: Date | undefined;
  /** The limits that the queue has declared, for all its partitions together. */
  limits: QueueLimits;
  /** Counters since the queue was created. */
  total: {
    acked: number;
    retried: number;
    /** Dead letters, redriven ones included. */
    dead: number;
    expired: number;
    /** Messages that `cancel()` has ended. */
    cancelled: number;
    /** Messages that were returned to the queue after their consumer had died. */
    recovered: number;
    /** Messages that were deleted for newer ones, because the queue was full: see `maxLength`. */
    dropped: number;
    /** Dead letters that were deleted because of their bounds: see `deadLetters`. */
    trimmed: number;
  };
}

/** Counts the messages in all lists of a queue. Costs the same for any depth of the queue. */
export async function readAllStats(partitions: Partitions): Promise<QueueStats> {
  const [first, ...others] = await Promise.all((await partitions.all()).map(readStats));
  return others.reduce(sumOf, first as QueueStats);
}

/** The first one is of the list of the queue's name, which tells what holds for all. */
function sumOf(one: QueueStats, other: QueueStats): QueueStats {
  const sum: QueueStats = { ...one, total: { ...one.total }, outbox: { ...one.outbox } };
  for (const name of ['pending', 'active', 'delayed', 'dead', 'schedules', 'flows'] as const) {
    sum[name] += other[name];
  }
  // A consumer has a lease for each list.
  sum.consumers = Math.max(one.consumers, other.consumers);
  sum.pausedConsumers = Math.max(one.pausedConsumers, other.pausedConsumers);
  sum.outbox.pending += other.outbox.pending;
  sum.outbox.waitsSince = earlier(one.outbox.waitsSince, other.outbox.waitsSince);
  sum.byPriority = sumOfEach(one.byPriority, other.byPriority);
  for (const name of Object.keys(sum.total) as (keyof QueueStats['total'])[]) {
    sum.total[name] += other.total[name];
  }
  return sum;
}

function earlier(one: Date | undefined, other: Date | undefined): Date | undefined {
  return one && other ? new Date(Math.min(one.getTime(), other.getTime())) : (one ?? other);
}

/** A list without priorities has all its messages in `pending`. */
function sumOfEach(one: QueueStats['byPriority'], other: QueueStats['byPriority']) {
  return one && other ? one.map((count, level) => count + (other[level] ?? 0)) : (one ?? other);
}

/** Counts the messages of one list. */
export async function readStats(context: QueueContext): Promise<QueueStats> {
  const { connection, keys } = context;
  const result = await connection.run(stats, { keys });
  const { pending, delayed, dead, schedules, flows, outbox, counters, now } = result;
  const { limits, division } = result.shape;
  // What is over may still be there.
  const isAhead = (end: Date | undefined) => !end || end.getTime() > now;
  const paused = isAhead(result.shape.paused?.until) ? result.shape.paused : undefined;
  const limitedUntil = isAhead(result.shape.limitedUntil) ? result.shape.limitedUntil : undefined;
  const byPriority = result.byPriority.length > 0 ? result.byPriority : undefined;
  const held = result.consumers.map(consumerOf).map(async (consumer) => {
    // In this order, so that a batch that is taken apart meanwhile is counted twice rather than not at all.
    const [batches, active, handedOff] = await Promise.all([
      connection.call('HKEYS', [keys.batches(consumer)]),
      connection.call('HLEN', [keys.active(consumer)]),
      connection.call('LLEN', [keys.handoff(consumer)]),
    ]);
    // The fields are "<first receipt>:<number of messages>".
    const together = (batches as Buffer[]).map((batch) => Number(String(batch).split(':')[1]));
    return together.reduce((sum, count) => sum + count, Number(active) + Number(handedOff));
  });
  const active = (await Promise.all(held)).reduce((sum, count) => sum + count, 0);
  const consumers = result.consumers.filter((name) => !isFormer(name)).length;
  const count = (name: string) => counters[name] ?? 0;
  const total = {
    acked: count('acked'),
    retried: count('retried'),
    dead: count('dead'),
    expired: count('expired'),
    cancelled: count('cancelled'),
    recovered: count('recovered'),
    dropped: count('dropped'),
    trimmed: count('trimmed'),
  };
  return {
    partitions: division.count || undefined,
    pending,
    active,
    delayed,
    dead,
    schedules,
    flows,
    outbox: outboxOf(outbox),
    consumers,
    pausedConsumers: result.shape.pausedConsumers.size,
    byPriority,
    paused,
    limitedUntil,
    limits,
    total,
  };
}

function outboxOf({ pending, since }: StatsResult['outbox']): QueueStats['outbox'] {
  return { pending, waitsSince: since === undefined ? undefined : new Date(since) };
}
