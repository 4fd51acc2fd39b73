import { type Argument, defineScript } from '@redpost/core';
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

interface FinishedDelivery {
  receipt: number;
  ranUs?: number | undefined;
}

export interface FinishInput {
  keys: QueueKeys;
  consumer: string;
  /** Those that were handled, have no value, and are followed by none. At most 1000. */
  plain: readonly FinishedDelivery[];
  others: readonly (FinishedDelivery & {
    how: FinishedHow;
    /** Undefined if there is none. */
    value: string | Buffer | undefined;
    /** What is sent if it was still held. */
    followUps?: readonly PreparedFollowUp[] | undefined;
  })[];
}

/** For each delivery, the plain ones first: whether it was still held. */
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
    plain: ({ plain }) => plain.length,
    rans: ({ plain }) => JSON.stringify(plain.map(({ ranUs = 0 }) => ranUs)),
  },
  rest: ({ plain, others }) => {
    const args: Argument[] = plain.map(({ receipt }) => receipt);
    for (const { receipt, how, value, followUps = [], ranUs = 0 } of others) {
      const hasValue = value === undefined ? 0 : 1;
      args.push(receipt, howNumbers[how], hasValue, value ?? '', ranUs, followUps.length);
      for (const followUp of followUps) args.push(followUp.target, ...messageArgument(followUp));
    }
    return args;
  },
  lua: source,
  parse: (reply) => (reply as number[]).map((held) => held === 1),
});
