import { defineScript } from '@redpost/core';
import { clockPart, writeBeforeGrowingPart } from '@redpost/core/consuming';
import type { QueueKeys } from '../keys.js';
import { delayPart, envelopePart, holdersPart, returnPart } from './parts/parts.js';
import source from './retry.lua';
import { namedKeys } from './script-keys.js';

export interface RetryInput {
  keys: QueueKeys;
  consumer: string;
  deliveries: readonly { receipt: number; delayMs: number }[];
}

/** For each delivery: whether it was still held. */
export const retry = defineScript<RetryInput, boolean[]>({
  name: 'retry',
  uses: [clockPart, writeBeforeGrowingPart, envelopePart, holdersPart, returnPart, delayPart],
  keys: namedKeys(
    'returned',
    'suspects',
    'active',
    'batches',
    'handoff',
    'holders',
    'delayed',
    'stats',
    'shape',
  ),
  args: {
    consumer: ({ consumer }) => consumer,
    signal: ({ keys }) => keys.signal,
  },
  rest: ({ deliveries }) => deliveries.flatMap(({ receipt, delayMs }) => [receipt, delayMs]),
  lua: source,
  parse: (reply) => (reply as number[]).map((held) => held === 1),
});
