import type { TopicContext } from '../topic-context.js';
import { change } from './change.js';
import type { Generation } from './generation.js';

/**
 * Changes the number of partitions again as it was changed before, when Redis has come back with older data (a failover): records may have been
 * published to the partitions that it does not know of any more. They get the same numbers again.
 *
 * @param known the generations that were known before Redis was asked.
 */
export async function restoreLost(
  context: TopicContext,
  known: readonly Generation[],
): Promise<void> {
  const at = known.indexOf(context.generations.current);
  if (at < 0) return;
  for (const { count } of known.slice(at + 1)) {
    await change(context, context.generations.current, count);
  }
}
