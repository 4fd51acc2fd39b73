import { defineScript } from '@redpost/core';
import type { QueueKeys } from '../keys.js';
import { cuttingPart, fittingPart } from './parts/parts.js';
import type { PeekedElement, PeekInput } from './peek.js';
import source from './peek-delayed.lua';
import { namedKeys } from './script-keys.js';

type DelayedInput = Omit<PeekInput, 'list' | 'from'> & { keys: QueueKeys };

export interface DelayedResult {
  /** The one that is due first comes first. */
  elements: (PeekedElement & { dueAt: number })[];
  /** Whether there are more, which did not fit into the answer. */
  isCut: boolean;
}

/** Reads delayed messages. */
export const peekDelayed = defineScript<DelayedInput, DelayedResult>({
  name: 'peek-delayed',
  uses: [fittingPart, cuttingPart],
  keys: namedKeys('delayed'),
  args: {
    skip: ({ skip }) => skip,
    count: ({ count }) => count,
    most_body: ({ maxBodyBytes = '' }) => maxBodyBytes,
  },
  lua: source,
  looksFirst: () => true,
  parse(reply) {
    const [found, isCut] = reply as [[Buffer, number, Buffer][], number];
    const elements = found.map(([element, size, due]) => ({ element, size, dueAt: Number(due) }));
    return { elements, isCut: isCut === 1 };
  },
});
