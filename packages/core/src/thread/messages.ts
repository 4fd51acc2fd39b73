import type { MessagePort } from 'node:worker_threads';
import type { SocketOptions } from '../connection/connect-options.js';
import { hrtime } from '../runtime/timers.js';
import type { ScriptCall } from '../script/script.js';

/** The data that a thread is started with: how to make its connection. */
export interface ThreadData {
  /** The target for `connect()`, which must be cloneable. */
  target: unknown;
  options: SocketOptions;
  /** The port on which to ask the other thread for credentials, if they come from a function. */
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

/** A redpost error in a form that can be cloned. */
export interface ThreadFailure {
  code: string;
  message: string;
  retryable: boolean;
}

/**
 * Two times that both threads may read at any time, in ns by `process.hrtime`, which is one clock for all
 * threads: when the last confirmed run was started (0: never), and when the main thread was last known not to
 * be blocked.
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

/** How long ago this time was, in ms; `Infinity` for never. */
export function msSince(clock: SharedClock, at: number): number {
  const then = Atomics.load(clock, at);
  if (then === 0n) return Number.POSITIVE_INFINITY;
  return Number(hrtime.bigint() - then) / 1e6;
}
