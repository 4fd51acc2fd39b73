import { defineScript } from '@redpost/core';
import { clockPart, writeBeforeGrowingPart } from '@redpost/core/consuming';
import type { QueueKeys } from '../keys.js';
import {
  consumerPausesPart,
  deadLettersPart,
  endingPart,
  envelopePart,
  holdersPart,
  labelsPart,
  levelsPart,
  memberPart,
  oncePart,
  resultsPart,
  returnPart,
  signalPart,
  wrongHeldPart,
} from './parts/parts.js';
import source from './recover.lua';
import {
  memberArgs,
  memberKeys,
  namedKeys,
  placeArgs,
  placeKeys,
  resultArgs,
} from './script-keys.js';

export interface RecoverInput {
  keys: QueueKeys;
  /** A name that `renew` has returned: a consumer's, or a former one's with a leading `~`. */
  overdue: string;
  maxAttempts: number;
}

/** Undefined when it is not overdue (any more). */
export type RecoverResult = { returned: number; deadLettered: number } | undefined;

/**
 * How long a former consumer is remembered, in ms. A blocking move lasts 10 s at most, and the
 * server may be busy for a while.
 */
export const rememberMs = 15_000;

/** The consumer behind a name of the ZSET of consumers. */
export function consumerOf(member: string): string {
  return isFormer(member) ? member.slice(1) : member;
}

export function isFormer(member: string): boolean {
  return member.startsWith('~');
}

export const recover = defineScript<RecoverInput, RecoverResult>({
  name: 'recover',
  uses: [
    clockPart,
    writeBeforeGrowingPart,
    envelopePart,
    holdersPart,
    labelsPart,
    levelsPart,
    oncePart,
    endingPart,
    deadLettersPart,
    resultsPart,
    memberPart,
    returnPart,
    wrongHeldPart,
    signalPart,
    consumerPausesPart,
  ],
  keys: {
    ...namedKeys(
      'list',
      ...placeKeys,
      'consumers',
      'dead',
      'stats',
      'holders',
      'once',
      ...memberKeys,
    ),
    active: ({ keys, overdue }) => keys.active(consumerOf(overdue)),
    batches: ({ keys, overdue }) => keys.batches(consumerOf(overdue)),
    labels: ({ keys, overdue }) => keys.labels(consumerOf(overdue)),
    onces: ({ keys, overdue }) => keys.onces(consumerOf(overdue)),
    cancelled: ({ keys, overdue }) => keys.cancelled(consumerOf(overdue)),
    registration: ({ keys, overdue }) => keys.registration(consumerOf(overdue)),
    handoff: ({ keys, overdue }) => keys.handoff(consumerOf(overdue)),
  },
  args: {
    overdue: ({ overdue }) => overdue,
    consumer: ({ overdue }) => consumerOf(overdue),
    max_attempts: ({ maxAttempts }) => maxAttempts,
    remember_ms: () => rememberMs,
    ...placeArgs,
    ...memberArgs,
    ...resultArgs,
  },
  lua: source,
  parse(reply) {
    if (reply === null) return undefined;
    const [returned, deadLettered] = reply as [number, number];
    return { returned, deadLettered };
  },
});
