import type { ConsumerInfo } from '@redpost/core';
import { consumersScript } from '../scripts/consumers.js';
import type { GroupContext } from './group-context.js';

/** A consumer of a group that holds a lease. */
export interface GroupConsumerInfo extends ConsumerInfo {
  /** The partition that it works on: 0 in a topic without partitions. */
  partition: number;
}

/** Tells of each consumer of a group that holds a lease. */
export async function readConsumers(context: GroupContext): Promise<GroupConsumerInfo[]> {
  const { topic, group, partitions } = context;
  const all = await Promise.all(
    partitions.all.map(async ({ keys, number: partition }) => {
      const found = await topic.connection.run(consumersScript, { keys, group });
      return found.map((info) => ({ ...info, partition }));
    }),
  );
  return all.flat();
}
