import { defineScript } from '@redpost/core';
import { fittingPart } from './parts/parts.js';
import source from './peek.lua';

export interface PeekInput {
  list: string;
  /** The end of the list that is read. */
  from: 'LEFT' | 'RIGHT';
  /** How many elements to leave out. */
  skip: number;
  /** How many to read at most. */
  count: number;
}

export interface PeekResult {
  /** The one at the end first. */
  elements: Buffer[];
  /** Whether there are more, which did not fit into the answer. */
  isCut: boolean;
}

export const peekScript = defineScript<PeekInput, PeekResult>({
  name: 'peek',
  uses: [fittingPart],
  keys: { list: ({ list }) => list },
  args: { from: ({ from }) => from, skip: ({ skip }) => skip, count: ({ count }) => count },
  lua: source,
  looksFirst: () => true,
  parse(reply) {
    const [elements, isCut] = reply as [Buffer[], number];
    return { elements, isCut: isCut === 1 };
  },
});
