import { defineScript } from '@redpost/core';
import type { PartitionKeys } from '../topic-keys.js';
import source from './open-partition.lua';
import { presentPart } from './parts/parts.js';

export interface OpenPartitionInput {
  keys: PartitionKeys;
  /** The names of the groups of the topic. */
  groups: readonly string[];
}

export const openPartition = defineScript<OpenPartitionInput, void>({
  name: 'open-partition',
  uses: [presentPart],
  keys: { stream: ({ keys }) => keys.stream },
  rest: ({ groups }) => groups,
  lua: source,
  looksFirst: () => true,
  parse: () => undefined,
});
