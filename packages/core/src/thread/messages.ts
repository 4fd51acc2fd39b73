import type { MessagePort } from 'node:worker_threads';
import type { SocketOptions } from '../connection/connect-options.js';
import { hrtime } from '../runtime/timers.js';
import type { ScriptCall } from '../script/script.js';

/** What a thread is started with: how to make the connection once more. */
export interface ThreadData {
  /** What `connect()` takes, as far as it can be cloned. */
  target: unknown;
  options: SocketOptions;
  /** On which the other thread is asked for credentials, if it has them from a function. */
  credentials?: MessagePort | undefined;
}

/** A script that the thread is to run again and again. */
export interface Task {
  id: number;
  script: { name: string; lua: string; sha: string };
  call: ScriptCall;
  everyMs: number;
  maxBlockedMs: number;
  clock: SharedClock;
}

export type ToThread = { start: Task } | { stop: number };

export type FromThread =
  /** The first run in this thread has been answered. */
  { id: number; started: true } | { id: number; failed: ThreadFailure };

/** An error of the family, as it can be cloned. */
export interface ThreadFailure {
  code: string;
  message: string;
  retryable: boolean;
}

/**
 * What both threads may read at any time, in ns by `process.hrtime`, which is one clock for all
 * threads: first when the last confirmed run was begun (0: never), then when the main thread was
 * last known not to be blocked.
 */
export type SharedClock = BigInt64Array;

export const confirmed = 0;
export const unblocked = 1;

export function newClock(): SharedClock {
  const clock = new BigInt64Array(new SharedArrayBuffer(16));
  setNow(clock, unblocked);
  return clock;
}

export function setNow(clock: SharedClock, at: number, now = hrtime.bigint()): void {
  Atomics.store(clock, at, now);
}

/** How long ago that was, in ms; infinite if it never was. */
export function msSince(clock: SharedClock, at: number): number {
  const then = Atomics.load(clock, at);
  if (then === 0n) return Number.POSITIVE_INFINITY;
  return Number(hrtime.bigint() - then) / 1e6;
}
