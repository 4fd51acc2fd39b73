import { type Connection, isRedpostError } from '@redpost/core';
import type { TopicPartition } from '../partitions/generation.js';

/** The names of the groups of a topic, in their order. */
export async function groupNames(
  connection: Connection,
  partitions: readonly TopicPartition[],
): Promise<string[]> {
  const all = await Promise.all(partitions.map(({ keys }) => groupsOf(connection, keys.stream)));
  return [...new Set(all.flat())].sort();
}

async function groupsOf(connection: Connection, stream: string): Promise<string[]> {
  try {
    const groups = (await connection.call('XINFO', ['GROUPS', stream])) as Buffer[][];
    return groups.map((fields) => String(fields[1]));
  } catch (error) {
    // The stream does not exist.
    if (isRedpostError(error, 'SERVER') && /no such key/i.test(error.message)) return [];
    throw error;
  }
}
