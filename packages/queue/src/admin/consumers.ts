import { consumerOfLease } from '../partitions/lease-name.js';
import type { Partitions } from '../partitions/partitions.js';
import { consumersScript, type QueueConsumerInfo } from '../scripts/consumers.js';

/**
 * Tells of each consumer that holds a lease. Costs the same for any depth of the queue. Of a queue with partitions, a consumer has a lease
 * for each list, by names that begin alike: they are told of together.
 */
export async function readConsumers(partitions: Partitions): Promise<QueueConsumerInfo[]> {
  const lists = await partitions.all();
  const all = await Promise.all(
    lists.map(({ connection, keys }) => connection.run(consumersScript, { keys })),
  );
  const byName = new Map<string, QueueConsumerInfo>();
  for (const info of all.flat()) {
    const consumer = consumerOfLease(info.consumer);
    const known = byName.get(consumer);
    byName.set(consumer, known ? together(known, info) : { ...info, consumer });
  }
  return [...byName.values()];
}

function together(one: QueueConsumerInfo, other: QueueConsumerInfo): QueueConsumerInfo {
  const since = [one.runningSince, other.runningSince].filter((time) => time !== undefined);
  const ends = Math.min(one.leaseEndsAt.getTime(), other.leaseEndsAt.getTime());
  return {
    ...other,
    ...one,
    leaseEndsAt: new Date(ends),
    held: one.held + other.held,
    ...(since.length > 0 && { runningSince: new Date(Math.min(...since.map(Number))) }),
    paused: one.paused ?? other.paused,
  };
}
