import { type Backoff, exponential } from '../backoff.js';
import { InvalidArgumentError } from '../errors.js';
import { longestTimerMs, shown, wholeNumber } from '../options/check.js';
import type { Complete, NamesOf } from '../options/options.js';

/** How long a lease lasts, how it is kept, and how many attempts there are. */
export interface LeaseOptions {
  /**
   * How long after its last heartbeat a consumer counts as dead, so that other consumers get what it holds, in ms, at
   * least 100. Default 30 000. There are three heartbeats per lease, whatever the handlers do, unless they block the
   * event loop: see `heartbeat`.
   */
  leaseMs?: number | undefined;
  /**
   * Where the heartbeat comes from. With `loop` (default) it comes from the event loop: a consumer whose handler blocks
   * the event loop for longer than the lease counts as dead. With `thread` it also comes from a thread with a connection
   * of its own, so that such a consumer keeps its lease.
   */
  heartbeat?: 'loop' | 'thread' | undefined;
  /**
   * How long the event loop may be blocked before the heartbeat of the thread stops, in ms, at least `leaseMs`. So a
   * process that hangs for ever does not keep its messages for ever. Default 300 000, or `leaseMs` if that is longer.
   */
  maxBlockedMs?: number | undefined;
  /**
   * How many attempts a message or record has, at least 1, before it goes to the dead letters. Default 5. A crash of the
   * consumer counts as an attempt only for the message that is known to be its cause.
   */
  maxAttempts?: number | undefined;
}

/** How a consumer calls its handler. */
export interface HandlingOptions {
  /** How many handlers run at a time, at least 1. Default 1. */
  concurrency?: number | undefined;
  /** How long to wait before the next attempt when a handler threw. Default `exponential()`. */
  backoff?: Backoff | undefined;
  /** Stops the consumer when it is aborted. */
  signal?: AbortSignal | undefined;
}

/** The names of all options of both interfaces. */
export const consumeOptionNames: NamesOf<LeaseOptions & HandlingOptions> = {
  leaseMs: true,
  heartbeat: true,
  maxBlockedMs: true,
  maxAttempts: true,
  concurrency: true,
  backoff: true,
  signal: true,
};

/** {@link LeaseOptions} that were checked, with all defaults filled in. */
export type CheckedLease = Complete<LeaseOptions>;

/** {@link HandlingOptions} that were checked, with all defaults filled in. */
export type CheckedHandling = Complete<Omit<HandlingOptions, 'signal'>>;

/** @throws InvalidArgumentError for an option that cannot work. */
export function checkedLease(options: LeaseOptions): CheckedLease {
  const { leaseMs = 30_000, heartbeat = 'loop', maxAttempts = 5 } = options;
  const { maxBlockedMs = Math.max(leaseMs, 300_000) } = options;
  if (heartbeat !== 'loop' && heartbeat !== 'thread') {
    throw new InvalidArgumentError(`heartbeat is 'loop' or 'thread', got ${shown(heartbeat)}`);
  }
  return {
    leaseMs: wholeNumber('leaseMs', leaseMs, { min: 100, max: longestTimerMs }),
    heartbeat,
    maxBlockedMs: wholeNumber('maxBlockedMs', maxBlockedMs, { min: leaseMs }),
    maxAttempts: wholeNumber('maxAttempts', maxAttempts, { min: 1 }),
  };
}

/** @throws InvalidArgumentError for an option that cannot work. */
export function checkedHandling(options: HandlingOptions): CheckedHandling {
  const { concurrency = 1, backoff = exponential() } = options;
  if (typeof backoff !== 'function') {
    throw new InvalidArgumentError(`backoff is a function, got ${shown(backoff)}`);
  }
  return {
    concurrency: wholeNumber('concurrency', concurrency, { min: 1, max: 100_000 }),
    backoff,
  };
}
