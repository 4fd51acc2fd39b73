import { defineScript } from '@redpost/core';
import { mostBytesLua } from '@redpost/core/consuming';
import source from './peek.lua';
import take from './take.lua';

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
  lua: mostBytesLua + take + source,
  looksFirst: () => true,
  encode: ({ list, from, skip, count }) => ({ keys: [list], args: [from, skip, count] }),
  parse(reply) {
    const [elements, isCut] = reply as [Buffer[], number];
    return { elements, isCut: isCut === 1 };
  },
});
