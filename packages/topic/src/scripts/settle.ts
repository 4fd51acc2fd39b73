import { defineScript } from '@redpost/core';
import source from './settle.lua';

/** How many partitions the topic has; 0 for none. */
export const settle = defineScript<{ key: string; partitions: number }, number>({
  name: 'settle',
  lua: source,
  encode: ({ key, partitions }) => ({ keys: [key], args: [partitions] }),
  parse: Number,
});
