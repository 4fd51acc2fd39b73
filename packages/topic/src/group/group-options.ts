import {
  type Backoff,
  type Complete,
  exponential,
  InvalidArgumentError,
  longestTimerMs,
  type NamesOf,
  shown,
  wholeNumber,
} from '@redpost/core';
import { type From, startOf } from '../record/offset.js';

/** How a consumer group begins. */
export interface GroupOptions {
  /**
   * Where the group begins when it does not exist yet. Default `'beginning'`. `'latest'` is when the
   * member began that makes it: in a topic that Redis has forgotten since then (FLUSHALL), the beginning.
   */
  from?: From | undefined;
}

/** How a member of a group consumes. */
export interface GroupConsumeOptions {
  /** How many records are handled at a time, at least 1. Default 1. */
  concurrency?: number | undefined;
  /**
   * How long after its last heartbeat a consumer counts as dead and its records go to others, in
   * ms, at least 100. Default 30 000. The heartbeat comes three times as often, whatever the
   * handlers do, unless they block the event loop.
   */
  leaseMs?: number | undefined;
  /**
   * How many attempts a record has, at least 1, before it goes to the group's dead letters.
   * Default 5. A crash counts when it is known which record was the cause.
   */
  maxAttempts?: number | undefined;
  /** How long to wait before a record whose handler threw is tried again. Default `exponential()`. */
  backoff?: Backoff | undefined;
  /** Stops the consumer when it is aborted. */
  signal?: AbortSignal | undefined;
}

export const groupOptionNames: NamesOf<GroupOptions> = { from: true };

export const groupConsumeOptionNames: NamesOf<GroupConsumeOptions> = {
  concurrency: true,
  leaseMs: true,
  maxAttempts: true,
  backoff: true,
  signal: true,
};

export type CheckedConsumeOptions = Complete<Omit<GroupConsumeOptions, 'signal'>> & {
  /** Where the group begins when it does not exist yet: an offset, or `$`. */
  start: string;
};

/** @throws InvalidArgumentError for an option that cannot work. */
export function checkedConsumeOptions(
  options: GroupConsumeOptions & GroupOptions,
): CheckedConsumeOptions {
  const { concurrency = 1, leaseMs = 30_000, maxAttempts = 5, backoff = exponential() } = options;
  if (typeof backoff !== 'function') {
    throw new InvalidArgumentError(`backoff is a function, got ${shown(backoff)}`);
  }
  return {
    concurrency: wholeNumber('concurrency', concurrency, { min: 1, max: 100_000 }),
    leaseMs: wholeNumber('leaseMs', leaseMs, { min: 100, max: longestTimerMs }),
    maxAttempts: wholeNumber('maxAttempts', maxAttempts, { min: 1 }),
    backoff,
    start: startOf(options.from ?? 'beginning'),
  };
}
