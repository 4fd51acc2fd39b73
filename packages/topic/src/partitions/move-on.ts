import { openPartition } from '../scripts/open-partition.js';
import type { TopicContext } from '../topic-context.js';
import { change, complete } from './change.js';
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
  const facts = await generations.checked();
  if (facts) await complete(context, facts);
  else await generations.declared();
  if (generations.current !== from) return;
  if (refusal === 'missing') {
    const made = from.partitions.map(({ keys }) =>
      connection.run(openPartition, { keys, groups: [] }),
    );
    await Promise.all(made);
    return;
  }
  // No change has closed it, so Redis has lost what it knew of one. There must be partitions to publish to.
  await change(context, from, from.count);
}
