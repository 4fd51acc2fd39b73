import { defineScript } from '@redpost/core';
import type { PartitionKeys } from '../topic-keys.js';
import source from './close-partition.lua';
import { closedPart, presentPart } from './parts/parts.js';

export interface ClosePartitionInput {
  keys: PartitionKeys;
  /** How many partitions the topic gets. */
  next: number;
}

/** The names of the groups of the partition. */
export const closePartition = defineScript<ClosePartitionInput, string[]>({
  name: 'close-partition',
  uses: [closedPart, presentPart],
  keys: { stream: ({ keys }) => keys.stream, stats: ({ keys }) => keys.stats },
  args: { next: ({ next }) => next },
  lua: source,
  looksFirst: () => true,
  parse: (reply) => (reply as Buffer[]).map(String),
});
