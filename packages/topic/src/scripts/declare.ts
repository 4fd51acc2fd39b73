import { defineScript } from '@redpost/core';
import { clockPart } from '@redpost/core/consuming';
import { type Facts, factFields, factsOf } from '../partitions/facts.js';
import source from './declare.lua';

export interface DeclareInput {
  facts: string;
  /** How many partitions the topic has; 0 for none. */
  count: number;
  /** True when programs were made with another number. */
  isOther: boolean;
}

/** What Redis has of the partitions now. */
export const declare = defineScript<DeclareInput, Facts>({
  name: 'declare',
  uses: [clockPart],
  keys: { facts: ({ facts }) => facts },
  args: { count: ({ count }) => count, is_other: ({ isOther }) => (isOther ? 1 : 0) },
  rest: () => [...factFields],
  lua: source,
  parse: (reply) => factsOf(reply) as Facts,
});
