import { firstBehind } from '../partitions/generation.js';
import { beforeAll } from '../record/offset.js';
import { createGroup } from '../scripts/create-group.js';
import type { GroupContext } from './group-context.js';
import { groupNames } from './group-names.js';

/**
 * Creates a group in all partitions that the topic has and had, unless it exists there. So a group has a position in all of them.
 *
 * Where it exists in former partitions, it is not new: in later ones it begins with the first record. To be sure that it then exists in the later
 * ones, or was there before these, it is created in the newest ones first.
 *
 * @param start where a new group begins: an offset, or `$` for the end.
 */
export async function createEverywhere(context: GroupContext, start: string): Promise<void> {
  const { topic, group, partitions } = context;
  const { connection, generations } = topic;
  let behind = Number.POSITIVE_INFINITY;
  for (const generation of generations.former) {
    const names = await groupNames(connection, generation.partitions);
    if (names.includes(group)) behind = Math.min(behind, firstBehind(generation));
  }
  for (const generation of [...generations.all].reverse()) {
    const from = generation.first >= behind ? beforeAll : start;
    const created = partitions.in(generation).map(({ keys }) => {
      return connection.run(createGroup, { keys, group, from });
    });
    await Promise.all(created);
  }
}
