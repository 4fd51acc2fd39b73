import { defineScript } from '@redpost/core';
import { clockPart, writeBeforeGrowingPart } from '@redpost/core/consuming';
import type { QueueKeys } from '../keys.js';
import { delayPart, envelopePart, heldPart, sourcePart } from './parts/parts.js';
import source from './retry.lua';
import { namedKeys } from './script-keys.js';

export interface RetryInput {
  keys: QueueKeys;
  consumer: string;
  /** The end of the list that elements are taken from: what is retried at once is next. */
  from: 'LEFT' | 'RIGHT';
  deliveries: readonly { receipt: number; delayMs: number }[];
}

/** For each delivery: whether it was still held. */
export const retry = defineScript<RetryInput, boolean[]>({
  name: 'retry',
  uses: [clockPart, writeBeforeGrowingPart, envelopePart, heldPart, sourcePart, delayPart],
  keys: namedKeys('list', 'active', 'batches', 'delayed', 'stats'),
  args: {
    consumer: ({ consumer }) => consumer,
    from: ({ from }) => from,
    signal: ({ keys }) => keys.signal,
  },
  rest: ({ deliveries }) => deliveries.flatMap(({ receipt, delayMs }) => [receipt, delayMs]),
  lua: source,
  parse: (reply) => (reply as number[]).map((held) => held === 1),
});
