import { backlog } from '../scripts/backlog.js';
import { progress } from '../scripts/progress.js';
import type { GroupKeys } from '../topic-keys.js';
import type { GroupContext } from './group-context.js';
import type { GroupPartition } from './group-partitions.js';

/** True when all records are delivered and settled. Where the server does not know the lag, one record is looked for. */
export async function isGroupIdle(context: GroupContext): Promise<boolean> {
  await context.topic.generations.checked();
  return areIdle(context, context.partitions.all);
}

/** True when all records of these partitions are delivered and settled. */
export async function areIdle(
  context: Pick<GroupContext, 'topic' | 'group'>,
  partitions: readonly GroupPartition[],
): Promise<boolean> {
  const all = await Promise.all(partitions.map(({ keys }) => isPartitionIdle(context, keys)));
  return all.every(Boolean);
}

async function isPartitionIdle(
  { topic: { connection }, group }: Pick<GroupContext, 'topic' | 'group'>,
  { stream }: GroupKeys,
): Promise<boolean> {
  const { pending, lag, lastDelivered } = await connection.run(progress, { stream, group });
  if (pending > 0) return false;
  if (lag !== undefined) return lag === 0;
  return (await connection.run(backlog, { stream, after: lastDelivered, limit: 1 })).count === 0;
}
