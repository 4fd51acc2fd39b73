import { defineScript } from '@redpost/core';
import { clockPart } from '@redpost/core/consuming';
import { type Facts, factFields, factsOf } from '../partitions/facts.js';
import source from './end-change.lua';

export interface EndChangeInput {
  facts: string;
  /** The number of the first of the former partitions. */
  first: number;
  /** The number of the first of the new partitions, and how many there are. */
  behind: number;
  count: number;
  /** The channels of the groups. */
  signals: readonly string[];
}

/** What Redis has of the partitions now. */
export const endChange = defineScript<EndChangeInput, Facts | undefined>({
  name: 'end-change',
  uses: [clockPart],
  keys: { facts: ({ facts }) => facts },
  args: {
    first: ({ first }) => first,
    behind: ({ behind }) => behind,
    count: ({ count }) => count,
    fields: () => factFields.length,
  },
  rest: ({ signals }) => [...factFields, ...signals],
  lua: source,
  parse: factsOf,
});
