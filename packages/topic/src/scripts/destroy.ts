import { defineScript } from '@redpost/core';
import type { PartitionKeys } from '../topic-keys.js';
import source from './destroy.lua';

export interface DestroyedPartition {
  length: number;
  dead: number;
  groups: string[];
}

export const destroy = defineScript<{ keys: PartitionKeys }, DestroyedPartition>({
  name: 'destroy-topic',
  keys: {
    stream: ({ keys }) => keys.stream,
    stats: ({ keys }) => keys.stats,
    ids: ({ keys }) => keys.ids,
    former_ids: ({ keys }) => keys.formerIds,
  },
  args: { prefix: ({ keys }) => keys.stats.slice(0, -':stats'.length) },
  lua: source,
  looksFirst: () => true,
  parse(reply) {
    const [length, dead, ...groups] = reply as [number, number, ...Buffer[]];
    return { length, dead, groups: groups.map(String) };
  },
});
