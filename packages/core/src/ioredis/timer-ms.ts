import { longestTimerMs } from '../options/check.js';
import { performance } from '../runtime/timers.js';

/** The time until `deadline` (by `performance.now()`), at most as long as a timer can wait. */
export function timerMs(deadline: number): number {
  return Math.min(Math.max(1, deadline - performance.now()), longestTimerMs);
}
