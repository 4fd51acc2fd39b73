import { defineScript } from '@redpost/core';
import type { PartitionKeys } from '../topic-keys.js';
import source from './close-partition.lua';
import { closedPart, presentPart } from './parts/parts.js';

/** The names of the groups of the partition. */
export const closePartition = defineScript<{ keys: PartitionKeys }, string[]>({
  name: 'close-partition',
  uses: [closedPart, presentPart],
  keys: { stream: ({ keys }) => keys.stream },
  lua: source,
  looksFirst: () => true,
  parse: (reply) => (reply as Buffer[]).map(String),
});
