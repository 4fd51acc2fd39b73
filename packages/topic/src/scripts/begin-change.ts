import { defineScript } from '@redpost/core';
import { type Facts, factFields, factsOf } from '../partitions/facts.js';
import source from './begin-change.lua';

export interface BeginChangeInput {
  facts: string;
  /** The number of the first partition that is known. */
  first: number;
  /** To how many partitions. */
  count: number;
}

/** What Redis has of the partitions now: `next` is the number of a change that is under way. */
export const beginChange = defineScript<BeginChangeInput, Facts | undefined>({
  name: 'begin-change',
  keys: { facts: ({ facts }) => facts },
  args: { first: ({ first }) => first, count: ({ count }) => count },
  rest: () => [...factFields],
  lua: source,
  parse: factsOf,
});
