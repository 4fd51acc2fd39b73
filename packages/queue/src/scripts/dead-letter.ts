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
  memberPart,
  resultsPart,
} from './parts/parts.js';
import {
  heldKeys,
  memberArgs,
  memberKeys,
  namedKeys,
  placeArgs,
  placeKeys,
  resultArgs,
} from './script-keys.js';

export interface DeadLetterInput {
  keys: QueueKeys;
  consumer: string;
  deliveries: readonly {
    receipt: number;
    reason: string;
    error: string;
    stack?: string;
    ranUs?: number | undefined;
    /** What is kept as its result, if that is kept: JSON. */
    kept?: string | undefined;
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
    resultsPart,
    memberPart,
  ],
  keys: namedKeys('list', ...placeKeys, ...heldKeys, 'dead', 'stats', ...memberKeys),
  args: {
    consumer: ({ consumer }) => consumer,
    process: () => `${hostname()}:${process.pid}`,
    ...placeArgs,
    ...memberArgs,
    ...resultArgs,
  },
  rest: ({ deliveries }) =>
    deliveries.flatMap(({ receipt, reason, error, stack = '', ranUs = 0, kept = '' }) => [
      receipt,
      reason,
      error,
      stack,
      ranUs,
      kept,
    ]),
  lua: source,
  parse: (reply) => (reply as number[]).map((held) => held === 1),
});
