import { defineScript } from '@redpost/core';
import source from './declare.lua';

/** Returns the number of partitions that the topic has; 0 for none. */
export const declare = defineScript<{ facts: string; partitions: number }, number>({
  name: 'declare',
  keys: { facts: ({ facts }) => facts },
  args: { partitions: ({ partitions }) => partitions },
  lua: source,
  parse: Number,
});
