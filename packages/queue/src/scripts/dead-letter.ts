import { defineScript } from '@redpost/core';
import { writeBeforeGrowingPart } from '@redpost/core/consuming';
import type { QueueKeys } from '../keys.js';
import source from './dead-letter.lua';
import { deadLettersPart, endingPart, envelopePart, holdersPart } from './parts/parts.js';
import { namedKeys } from './script-keys.js';

export interface DeadLetterInput {
  keys: QueueKeys;
  consumer: string;
  deliveries: readonly { receipt: number; reason: string; error: string }[];
}

/** For each delivery: whether it was still held. */
export const deadLetter = defineScript<DeadLetterInput, boolean[]>({
  name: 'dead-letter',
  uses: [writeBeforeGrowingPart, envelopePart, holdersPart, endingPart, deadLettersPart],
  keys: namedKeys('active', 'batches', 'handoff', 'holders', 'dead', 'stats', 'shape'),
  args: { consumer: ({ consumer }) => consumer, signal: ({ keys }) => keys.signal },
  rest: ({ deliveries }) =>
    deliveries.flatMap(({ receipt, reason, error }) => [receipt, reason, error]),
  lua: source,
  parse: (reply) => (reply as number[]).map((held) => held === 1),
});
