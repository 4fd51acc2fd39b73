import { areIdle } from '../group/group-idle.js';
import { groupNames } from '../group/group-names.js';
import { GroupPartitions } from '../group/group-partitions.js';
import { forgetFormer } from '../scripts/forget-former.js';
import type { TopicContext } from '../topic-context.js';
import type { Generation } from './generation.js';

/**
 * Forgets the oldest former partitions that have neither records nor dead letters any more, so that many changes of the number of partitions do
 * not add up: nobody asks for them again. Their streams stay, without records, so that a publisher that has not learned of any change is
 * refused there.
 */
export async function forgetEmpty(context: TopicContext): Promise<void> {
  const { connection, generations, keys } = context;
  for (const generation of generations.former) {
    if (!(await isEmpty(context, generation))) return;
    const { first, count } = generation;
    const facts = await connection.run(forgetFormer, { facts: keys.facts, first, count });
    if (facts) generations.heard(facts);
  }
}

async function isEmpty(topic: TopicContext, generation: Generation): Promise<boolean> {
  const { connection, generations } = topic;
  const sizeOf = async (stream: string) => Number(await connection.call('XLEN', [stream]));
  for (const { keys } of generation.partitions) if ((await sizeOf(keys.stream)) > 0) return false;
  for (const group of await groupNames(connection, generation.partitions)) {
    const partitions = new GroupPartitions(generations, group).in(generation);
    if (!(await areIdle({ topic, group }, partitions))) return false;
    for (const { keys } of partitions) if ((await sizeOf(keys.dead)) > 0) return false;
  }
  return true;
}
