import {
  InvalidArgumentError,
  longestTimerMs,
  type NamesOf,
  refuseUnknownOptions,
  shown,
  wholeNumber,
} from '@redpost/core';
import {
  type CheckedHandling,
  type CheckedLease,
  checkedHandling,
  checkedLease,
  consumeOptionNames,
  type HandlingOptions,
  type LeaseOptions as SharedLeaseOptions,
} from '@redpost/core/consuming';
import type { ConsumedEnd } from '../context.js';
import { checkTimeoutMs } from './attempt-timeout.js';

/** How long a lease lasts and in which order messages are taken: for every kind of consumer. */
export interface LeaseOptions extends SharedLeaseOptions {
  /** `fifo` (default): the oldest message first. `lifo`: the newest, of priority 4 and without a key. */
  order?: 'fifo' | 'lifo' | undefined;
  /**
   * What a failed message of a key does while it waits for its next attempt. `hold` (default): its key waits, so that
   * its messages are handled in the order of their sends. `pass`: the other messages of the key go on.
   */
  onFailure?: 'hold' | 'pass' | undefined;
  /**
   * What becomes of a message that was not delivered in time (`ttlMs`). `forget` (default): it is deleted, and counted
   * as expired. `dead-letter`: it becomes a dead letter, for the reason `expired`.
   */
  onExpired?: 'forget' | 'dead-letter' | undefined;
}

/** How a consumer calls its handler. */
export interface ConsumeOptions extends LeaseOptions, HandlingOptions {
  /**
   * For how long a handler may have a message, in ms, at least 1, for messages that were sent without a `timeoutMs` of
   * their own. Then the `signal` of the delivery is aborted with an `AttemptTimeoutError`, and the attempt has failed: the
   * message is retried, or becomes a dead letter. A handler that ignores its signal occupies its place of
   * the `concurrency` until it ends. Default: no limit.
   */
  timeoutMs?: number | undefined;
}

/** How a consumer collects batches, and calls its handler. `concurrency` is how many batches are handled at a time. */
export interface ConsumeBatchOptions extends ConsumeOptions {
  /** How many messages a batch has at most: 1 to 1000. Default 100. */
  max?: number | undefined;
  /**
   * How long the first message of a batch may wait for others, in ms. Default 100. With 0 a batch gets what is
   * in the queue, and waits for nothing.
   */
  maxWaitMs?: number | undefined;
  /**
   * How many bytes a batch has at most, with headers and what else goes along, unless one message alone has
   * more. Default: no limit. Not with `by: 'key'`.
   */
  maxBytes?: number | undefined;
  /**
   * `key`: each batch has messages of one key only, oldest first, as many as wait there, up to `max`. The key is busy
   * until all of them are settled. Messages without a key are in batches of their own. Default: a batch has messages
   * of any keys, at most one of each.
   */
  by?: 'key' | undefined;
}

/** When a batch is complete. */
export interface CheckedBatching {
  max: number;
  maxWaitMs: number;
  maxBytes: number;
  isByKey: boolean;
}

/** Lease options that were checked. */
export interface SessionOptions extends CheckedLease {
  /** The name of the consumer, which no session has had before. Default: a new one. */
  name?: string | undefined;
  from: ConsumedEnd;
  /** Whether a key waits for its message that has failed. */
  holdsKey: boolean;
  /** What becomes of a message that was not delivered in time. */
  onExpired: 'forget' | 'dead-letter';
  /** How many messages of one key may be held together. */
  perKey: number;
  /** What the consumer tells of itself: see `describeConsumer`. */
  about?: string | undefined;
}

/** Options of a consumer that were checked. */
export type CheckedConsume = SessionOptions & CheckedHandling & { timeoutMs: number | undefined };

/** The names of all options of `consume`. */
export const optionNames: NamesOf<ConsumeOptions> = {
  ...consumeOptionNames,
  order: true,
  onFailure: true,
  onExpired: true,
  timeoutMs: true,
};

const batchOptionNames: NamesOf<ConsumeBatchOptions> = {
  ...optionNames,
  max: true,
  maxWaitMs: true,
  maxBytes: true,
  by: true,
};

/** @throws InvalidArgumentError for an option that cannot work. */
export function sessionOptions(options: LeaseOptions): SessionOptions {
  const { order, onFailure, onExpired } = options;
  return {
    ...checkedLease(options),
    from: consumedEnd(order),
    holdsKey: holdsKey(onFailure),
    onExpired: checkedOnExpired(onExpired),
    perKey: 1,
  };
}

/** @throws InvalidArgumentError for an option that cannot work. */
export function consumerOptions(options: ConsumeOptions): CheckedConsume {
  refuseUnknownOptions('consume()', options, optionNames);
  return checkedConsume(options);
}

/** @throws InvalidArgumentError for an option that cannot work. */
export function batchConsumerOptions(
  options: ConsumeBatchOptions,
): CheckedConsume & CheckedBatching {
  refuseUnknownOptions('consumeBatch()', options, batchOptionNames);
  const { max = 100, maxWaitMs = 100, maxBytes, by } = options;
  const isByKey = by !== undefined;
  if (isByKey && by !== 'key') throw new InvalidArgumentError(`by is 'key', got ${shown(by)}`);
  if (isByKey && maxBytes !== undefined) {
    throw new InvalidArgumentError(
      "by: 'key' and maxBytes exclude each other: what is taken of a key is one batch. Use max",
    );
  }
  wholeNumber('max', max, { min: 1, max: 1000 });
  return {
    ...checkedConsume(options),
    max,
    maxWaitMs: wholeNumber('maxWaitMs', maxWaitMs, { min: 0, max: longestTimerMs }),
    maxBytes: maxBytes === undefined ? Infinity : wholeNumber('maxBytes', maxBytes, { min: 1 }),
    isByKey,
    perKey: isByKey ? max : 1,
  };
}

function checkedConsume(options: ConsumeOptions): CheckedConsume {
  const { timeoutMs } = options;
  if (timeoutMs !== undefined) checkTimeoutMs(timeoutMs);
  return { ...sessionOptions(options), ...checkedHandling(options), timeoutMs };
}

function consumedEnd(order: unknown = 'fifo'): ConsumedEnd {
  if (order === 'fifo') return 'RIGHT';
  if (order === 'lifo') return 'LEFT';
  throw new InvalidArgumentError(`order is 'fifo' or 'lifo', got ${shown(order)}`);
}

function holdsKey(onFailure: unknown = 'hold'): boolean {
  if (onFailure === 'hold' || onFailure === 'pass') return onFailure === 'hold';
  throw new InvalidArgumentError(`onFailure is 'hold' or 'pass', got ${shown(onFailure)}`);
}

function checkedOnExpired(onExpired: unknown = 'forget'): 'forget' | 'dead-letter' {
  if (onExpired === 'forget' || onExpired === 'dead-letter') return onExpired;
  throw new InvalidArgumentError(`onExpired is 'forget' or 'dead-letter', got ${shown(onExpired)}`);
}
