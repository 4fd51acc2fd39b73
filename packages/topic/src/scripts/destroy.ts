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
  lua: source,
  looksFirst: () => true,
  encode: ({ keys }) => ({
    keys: [keys.stream, keys.stats, keys.ids, keys.formerIds],
    args: [keys.stats.slice(0, -':stats'.length)],
  }),
  parse(reply) {
    const [length, dead, ...groups] = reply as [number, number, ...Buffer[]];
    return { length, dead, groups: groups.map(String) };
  },
});
