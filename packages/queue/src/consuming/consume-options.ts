import {
  type Backoff,
  exponential,
  InvalidArgumentError,
  longestTimerMs,
  type NamesOf,
  refuseUnknownOptions,
  shown,
  wholeNumber,
} from '@redpost/core';
import type { ConsumedEnd } from '../context.js';
import type { SessionOptions } from './session.js';

/** How long a lease lasts and in which order messages are taken: for every kind of consumer. */
export interface LeaseOptions {
  /**
   * How long after its last heartbeat a consumer counts as dead and its messages go to others, in
   * ms, at least 100. Default 30 000. The heartbeat comes three times as often, whatever the
   * handlers do, unless they block the event loop: see `heartbeat`.
   */
  leaseMs?: number | undefined;
  /**
   * Where the heartbeat comes from: from the `loop` (default), so that a handler which blocks the
   * event loop for longer than the lease is taken for dead; or from a `thread` with a connection of
   * its own, so that it is not.
   */
  heartbeat?: 'loop' | 'thread' | undefined;
  /**
   * How long the event loop may be blocked before a heartbeat from a thread stops, in ms, at least
   * `leaseMs`: a process that hangs for ever must not keep its messages for ever. Default 300 000,
   * or `leaseMs` if that is longer.
   */
  maxBlockedMs?: number | undefined;
  /** `fifo` (default): the oldest message first. `lifo`: the newest. */
  order?: 'fifo' | 'lifo' | undefined;
  /**
   * How many attempts a message has, at least 1, before it goes to the dead letters. Default 5.
   * A crash counts when it is known which message was the cause.
   */
  maxAttempts?: number | undefined;
}

/** How a consumer calls its handler. */
export interface ConsumeOptions extends LeaseOptions {
  /** How many messages are handled at a time, at least 1. Default 1. */
  concurrency?: number | undefined;
  /** How long to wait before a message whose handler threw is tried again. Default `exponential()`. */
  backoff?: Backoff | undefined;
  /** Stops the consumer when it is aborted. */
  signal?: AbortSignal | undefined;
}

const optionNames: NamesOf<ConsumeOptions> = {
  leaseMs: true,
  heartbeat: true,
  maxBlockedMs: true,
  order: true,
  maxAttempts: true,
  concurrency: true,
  backoff: true,
  signal: true,
};

/** @throws InvalidArgumentError for an option that cannot work. */
export function sessionOptions(options: LeaseOptions): SessionOptions {
  const { leaseMs = 30_000, order = 'fifo', maxAttempts = 5, heartbeat = 'loop' } = options;
  const { maxBlockedMs = Math.max(leaseMs, 300_000) } = options;
  if (heartbeat !== 'loop' && heartbeat !== 'thread') {
    throw new InvalidArgumentError(`heartbeat is 'loop' or 'thread', got ${shown(heartbeat)}`);
  }
  return {
    from: consumedEnd(order),
    leaseMs: wholeNumber('leaseMs', leaseMs, { min: 100, max: longestTimerMs }),
    heartbeat,
    maxBlockedMs: wholeNumber('maxBlockedMs', maxBlockedMs, { min: leaseMs }),
    maxAttempts: wholeNumber('maxAttempts', maxAttempts, { min: 1 }),
  };
}

export function consumerOptions(options: ConsumeOptions) {
  refuseUnknownOptions('consume()', options, optionNames);
  const { concurrency = 1, backoff = exponential() } = options;
  if (typeof backoff !== 'function') {
    throw new InvalidArgumentError(`backoff is a function, got ${shown(backoff)}`);
  }
  return {
    ...sessionOptions(options),
    concurrency: wholeNumber('concurrency', concurrency, { min: 1, max: 100_000 }),
    backoff,
  };
}

function consumedEnd(order: unknown): ConsumedEnd {
  if (order === 'fifo') return 'RIGHT';
  if (order === 'lifo') return 'LEFT';
  throw new InvalidArgumentError(`order is 'fifo' or 'lifo', got ${shown(order)}`);
}
