import { defineScript } from '@redpost/core';
import type { QueueKeys } from '../keys.js';
import batches from './batches.lua';
import clock from './clock.lua';
import envelope from './envelope.lua';
import source from './recover.lua';
import writeNothing from './write-nothing.lua';

export interface RecoverInput {
  keys: QueueKeys;
  /** A name that `renew` has returned: a consumer's, or a former one's with a leading `~`. */
  overdue: string;
  maxAttempts: number;
}

/** Undefined when it is not overdue (any more). */
export type RecoverResult = { putBack: number; deadLettered: number } | undefined;

/**
 * How long a former consumer is remembered, in ms. A blocking move lasts 5 s at most, and the
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
  lua: clock + envelope + writeNothing + batches + source,
  encode({ keys, overdue, maxAttempts }) {
    const consumer = consumerOf(overdue);
    return {
      keys: [
        keys.consumers,
        keys.active(consumer),
        keys.batches(consumer),
        keys.handoff(consumer),
        keys.suspects,
        keys.dead,
        keys.stats,
      ],
      args: [overdue, consumer, maxAttempts, rememberMs, keys.signal],
    };
  },
  parse(reply) {
    if (reply === null) return undefined;
    const [putBack, deadLettered] = reply as [number, number];
    return { putBack, deadLettered };
  },
});
