import { defineScript } from '@redpost/core';
import { type Facts, factFields, factsOf } from '../partitions/facts.js';
import source from './forget-former.lua';

export interface ForgetFormerInput {
  facts: string;
  /** The oldest former generation. */
  first: number;
  count: number;
}

/** What Redis has of the partitions now. */
export const forgetFormer = defineScript<ForgetFormerInput, Facts | undefined>({
  name: 'forget-former',
  keys: { facts: ({ facts }) => facts },
  args: { generation: ({ first, count }) => `${first}:${count}` },
  rest: () => [...factFields],
  lua: source,
  parse: factsOf,
});
