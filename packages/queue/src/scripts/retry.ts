import { defineScript } from '@redpost/core';
import { clockPart, writeBeforeGrowingPart } from '@redpost/core/consuming';
import type { QueueKeys } from '../keys.js';
import {
  delayPart,
  envelopePart,
  heldOncePart,
  holdersPart,
  labelsPart,
  returnPart,
  wrongPlacePart,
} from './parts/parts.js';
import source from './retry.lua';
import { heldKeys, namedKeys, placeArgs, placeKeys } from './script-keys.js';

export interface RetryInput {
  keys: QueueKeys;
  consumer: string;
  deliveries: readonly {
    receipt: number;
    delayMs: number;
    ranUs?: number | undefined;
    isLimited?: boolean | undefined;
  }[];
  /** Whether a key waits for its message that has failed. */
  holdsKey?: boolean;
}

/** For each delivery: whether it was still held. */
export const retry = defineScript<RetryInput, boolean[]>({
  name: 'retry',
  uses: [
    clockPart,
    writeBeforeGrowingPart,
    envelopePart,
    heldOncePart,
    holdersPart,
    labelsPart,
    returnPart,
    wrongPlacePart,
    delayPart,
  ],
  keys: namedKeys(...placeKeys, ...heldKeys, 'delayed', 'stats'),
  args: {
    consumer: ({ consumer }) => consumer,
    holds_key: ({ holdsKey }) => (holdsKey ? 1 : 0),
    ...placeArgs,
  },
  rest: ({ deliveries }) =>
    deliveries.flatMap(({ receipt, delayMs, ranUs = 0, isLimited }) => {
      return [receipt, delayMs, ranUs, isLimited ? 1 : 0];
    }),
  lua: source,
  parse: (reply) => (reply as number[]).map((held) => held === 1),
});
