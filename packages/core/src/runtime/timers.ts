// Timers and clocks, taken once when this is loaded: fake ones that a test installs are for the code of that
// test, and not for the connection to Redis, where the time is real. They come from Node's modules rather
// than from the global object, which may have fakes before this is loaded. They are copied, because fakes are
// put into these modules too.
import { performance as clock } from 'node:perf_hooks';
import * as process from 'node:process';
import * as timers from 'node:timers';
import * as promises from 'node:timers/promises';

/** `setTimeout` of Node, also when a test replaces it. */
export const setTimeout = timers.setTimeout;

/** `clearTimeout` of Node, also when a test replaces it. */
export const clearTimeout = timers.clearTimeout;

/** `setInterval` of Node, also when a test replaces it. */
export const setInterval = timers.setInterval;

/** `clearInterval` of Node, also when a test replaces it. */
export const clearInterval = timers.clearInterval;

/** `setImmediate` of Node, also when a test replaces it. */
export const setImmediate = timers.setImmediate;

/** `setTimeout` of `node:timers/promises`, also when a test replaces it. */
export const pause = promises.setTimeout;

/** `process.nextTick`, also when a test replaces it. */
export const nextTick = process.nextTick;

/** `process.hrtime`, also when a test replaces it. */
export const hrtime = process.hrtime;

// Fakes are put on the object itself, which hides what its prototype has.
const { now } = Object.getPrototypeOf(clock) as typeof clock;

/** `performance` of Node, also when a test replaces it. */
export const performance = {
  /** The time since this process or thread began, in ms. */
  now: now.bind(clock),
  /** When that was, in ms since 1970. */
  timeOrigin: clock.timeOrigin,
};

/** `Date.now`, also when a test replaces it. */
export const dateNow = Date.now;
