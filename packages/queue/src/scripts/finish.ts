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
import { messageArgument } from './send.js';

/** A message was handled, or had expired, or its flow was cancelled. */
export type FinishedHow = 'done' | 'expired' | 'cancelled';

const howNumbers: Record<FinishedHow, number> = { done: 0, expired: 1, cancelled: 2 };

export interface FinishInput {
  keys: QueueKeys;
  consumer: string;
  deliveries: readonly {
    receipt: number;
    how: FinishedHow;
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
    memberPart,
  ],
  keys: namedKeys('list', ...placeKeys, ...heldKeys, 'stats', ...memberKeys),
  args: {
    consumer: ({ consumer }) => consumer,
    ...memberArgs,
    ...placeArgs,
    ...resultArgs,
  },
  rest: ({ deliveries }) =>
    deliveries.flatMap(({ receipt, how, value, followUps = [], ranUs }) => [
      receipt,
      howNumbers[how],
      value === undefined ? 0 : 1,
      value ?? '',
      ranUs ?? 0,
      followUps.length,
      ...followUps.flatMap((followUp) => [followUp.target, ...messageArgument(followUp)]),
    ]),
  lua: source,
  parse: (reply) => (reply as number[]).map((held) => held === 1),
});
