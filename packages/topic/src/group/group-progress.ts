import { backlog } from '../scripts/backlog.js';
import { progress } from '../scripts/progress.js';
import type { GroupKeys } from '../topic-keys.js';
import type { GroupContext } from './group-context.js';

/** How many records one script counts, because no other call is executed meanwhile. */
const chunk = 1000;

/** How far a group has come in one partition. */
export interface PartitionProgress {
  /** How many delivered records are not settled. */
  pending: number;
  /** How many records were not delivered yet and can still be read. */
  lag: number;
}

/** Asks the server for the lag. If the server does not know it, counts the records, a thousand per call. */
export async function partitionProgress(
  { topic: { connection }, group }: GroupContext,
  { stream }: GroupKeys,
): Promise<PartitionProgress> {
  const { pending, lastDelivered, lag } = await connection.run(progress, { stream, group });
  if (lag !== undefined) return { pending, lag };

  let total = 0;
  for (let after = lastDelivered; ; ) {
    const input = { stream, after, limit: chunk };
    const { count, last, mayBeMore } = await connection.run(backlog, input);
    total += count;
    if (!mayBeMore) return { pending, lag: total };
    after = last;
  }
}
