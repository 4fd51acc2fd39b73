import { defineScript } from '@redpost/core';
import { clockPart, writeBeforeGrowingPart } from '@redpost/core/consuming';
import type { QueueKeys } from '../keys.js';
import type { PreparedFollowUp } from '../outbox/follow-up.js';
import source from './finish.lua';
import {
  endingPart,
  envelopePart,
  heldOncePart,
  holdersPart,
  labelsPart,
  outboxPart,
  resultsPart,
} from './parts/parts.js';
import { heldKeys, namedKeys, placeArgs, placeKeys, resultArgs } from './script-keys.js';

export interface FinishInput {
  keys: QueueKeys;
  consumer: string;
  deliveries: readonly {
    receipt: number;
    isExpired: boolean;
    /** Undefined if there is none. */
    value: string | Buffer | undefined;
    /** What is sent if it was still held. */
    followUps?: readonly PreparedFollowUp[] | undefined;
    ranUs?: number | undefined;
  }[];
}

/** For each delivery: whether it was still held. */
export const finish = defineScript<FinishInput, boolean[]>({
  name: 'finish',
  uses: [
    clockPart,
    writeBeforeGrowingPart,
    envelopePart,
    heldOncePart,
    holdersPart,
    labelsPart,
    endingPart,
    resultsPart,
    outboxPart,
  ],
  keys: namedKeys('list', ...placeKeys, ...heldKeys, 'stats', 'outboxes'),
  args: {
    consumer: ({ consumer }) => consumer,
    outbox_prefix: ({ keys }) => keys.outbox,
    ...placeArgs,
    ...resultArgs,
  },
  rest: ({ deliveries }) =>
    deliveries.flatMap(({ receipt, isExpired, value, followUps = [], ranUs }) => [
      receipt,
      isExpired ? 1 : 0,
      value === undefined ? 0 : 1,
      value ?? '',
      ranUs ?? 0,
      followUps.length,
      ...followUps.flatMap(({ target, delayMs, at, ttlMs, element }) => [
        target,
        at ? `@${at}` : delayMs,
        ttlMs,
        element,
      ]),
    ]),
  lua: source,
  parse: (reply) => (reply as number[]).map((held) => held === 1),
});
