import { beginChange } from '../scripts/begin-change.js';
import { closePartition } from '../scripts/close-partition.js';
import { endChange } from '../scripts/end-change.js';
import { openPartition } from '../scripts/open-partition.js';
import type { TopicContext } from '../topic-context.js';
import type { Facts } from './facts.js';
import { firstBehind, type Generation, generationOf } from './generation.js';

/**
 * Gives a topic new partitions in the place of those that it has. Resolves to false when that was not done: another change was under way,
 * which is completed then, or the topic has other partitions by now, or was lost.
 *
 * @param from the generation that is known.
 */
export async function change(
  context: TopicContext,
  from: Generation,
  count: number,
): Promise<boolean> {
  const { connection, keys, generations } = context;
  const input = { facts: keys.facts, first: from.first, count };
  const facts = await connection.run(beginChange, input);
  await complete(context, facts);
  if (!facts) await generations.checked();
  return facts?.first === from.first && facts.next === count;
}

/**
 * Completes a change that is under way. Several processes may do so at the same time, including the one that has begun it.
 *
 * All former partitions are closed, each in its slot, before the new ones are announced. So no record of a key is published to an old
 * partition after one that was published to a new one.
 */
export async function complete(context: TopicContext, facts: Facts | undefined): Promise<void> {
  if (!facts) return;
  const { connection, keys, generations, name } = context;
  if (facts.next === undefined) {
    generations.heard(facts);
    return;
  }
  const { first, count, next } = facts;
  const former = generationOf(name, first, count);
  const behind = firstBehind(former);
  const closed = await Promise.all(
    former.partitions.map(({ keys: its }) => connection.run(closePartition, { keys: its, next })),
  );
  const groups = [...new Set(closed.flat())];
  const made = generationOf(name, behind, next).partitions.map((partition) =>
    connection.run(openPartition, { keys: partition.keys, groups }),
  );
  await Promise.all(made);
  const signals = groups.map((group) => keys.signal(group));
  const input = { facts: keys.facts, first, behind, count: next, signals };
  const now = await connection.run(endChange, input);
  if (now) generations.heard(now);
}
