import { openPartition } from '../scripts/open-partition.js';
import type { TopicContext } from '../topic-context.js';
import { change } from './change.js';
import type { Generation } from './generation.js';

/**
 * Learns where to publish, after a partition of this generation has refused records. Completes a change that was interrupted.
 *
 * @param refusal whether the partition gets no more records, or Redis has lost it.
 */
export async function moveOn(
  context: TopicContext,
  from: Generation,
  refusal: 'closed' | 'missing',
): Promise<void> {
  const { generations, connection } = context;
  if (!(await generations.checked())) await generations.declared();
  if (generations.current !== from) return;
  if (refusal === 'missing') {
    const made = from.partitions.map(({ keys }) =>
      connection.run(openPartition, { keys, groups: [] }),
    );
    await Promise.all(made);
    return;
  }
  // A change is under way, which this completes. Or Redis has lost what it knew of one, which is done again.
  await change(context, from, (await notedNext(context, from)) ?? from.count);
}

/** How many partitions a topic was to get when these were closed. */
async function notedNext(
  { connection }: TopicContext,
  { partitions }: Generation,
): Promise<number | undefined> {
  const noted = await Promise.all(
    partitions.map(({ keys }) => connection.call('HGET', [keys.stats, 'next'])),
  );
  const next = noted.find((count) => count !== null);
  return next === undefined ? undefined : Number(next);
}
