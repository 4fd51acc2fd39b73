import { defineScript } from '@redpost/core';
import { cuttingPart, fittingPart } from './parts/parts.js';
import source from './peek.lua';

export interface PeekInput {
  list: string;
  /** The end of the list that is read. */
  from: 'LEFT' | 'RIGHT';
  /** How many elements to leave out. */
  skip: number;
  /** How many to read at most. */
  count: number;
  /** How many bytes of each body to read at most; undefined for all. */
  maxBodyBytes: number | undefined;
}

/** An element that may have been cut. */
export interface PeekedElement {
  element: Buffer;
  /** How many bytes the whole element has. */
  size: number;
}

export interface PeekResult {
  /** The one at the end first. */
  elements: PeekedElement[];
  /** Whether there are more, which did not fit into the answer. */
  isCut: boolean;
}

export const peekScript = defineScript<PeekInput, PeekResult>({
  name: 'peek',
  uses: [fittingPart, cuttingPart],
  keys: { list: ({ list }) => list },
  args: {
    from: ({ from }) => from,
    skip: ({ skip }) => skip,
    count: ({ count }) => count,
    most_body: ({ maxBodyBytes = '' }) => maxBodyBytes,
  },
  lua: source,
  looksFirst: () => true,
  parse(reply) {
    const [elements, isCut, sizes] = reply as [Buffer[], number, number[]];
    const peeked = elements.map((element, n) => ({ element, size: sizes[n] as number }));
    return { elements: peeked, isCut: isCut === 1 };
  },
});
