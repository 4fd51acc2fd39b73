import { hostname } from 'node:os';
import { defineScript } from '@redpost/core';
import { clockPart, writeBeforeGrowingPart } from '@redpost/core/consuming';
import type { QueueKeys } from '../keys.js';
import source from './dead-letter.lua';
import {
  deadLettersPart,
  endingPart,
  envelopePart,
  heldOncePart,
  holdersPart,
  labelsPart,
} from './parts/parts.js';
import { heldKeys, namedKeys, placeArgs, placeKeys } from './script-keys.js';

export interface DeadLetterInput {
  keys: QueueKeys;
  consumer: string;
  deliveries: readonly {
    receipt: number;
    reason: string;
    error: string;
    stack?: string;
    ranUs?: number | undefined;
  }[];
}

/** For each delivery: whether it was still held. */
export const deadLetter = defineScript<DeadLetterInput, boolean[]>({
  name: 'dead-letter',
  uses: [
    clockPart,
    writeBeforeGrowingPart,
    envelopePart,
    heldOncePart,
    holdersPart,
    labelsPart,
    endingPart,
    deadLettersPart,
  ],
  keys: namedKeys(...placeKeys, ...heldKeys, 'dead', 'stats'),
  args: {
    consumer: ({ consumer }) => consumer,
    process: () => `${hostname()}:${process.pid}`,
    ...placeArgs,
  },
  rest: ({ deliveries }) =>
    deliveries.flatMap(({ receipt, reason, error, stack = '', ranUs = 0 }) => [
      receipt,
      reason,
      error,
      stack,
      ranUs,
    ]),
  lua: source,
  parse: (reply) => (reply as number[]).map((held) => held === 1),
});
