import { longestTimerMs } from '../options/check.js';
import { performance } from '../runtime/timers.js';

/** Until `deadline` (by `performance.now()`), as a timer can wait it. */
export function timerMs(deadline: number): number {
  return Math.min(Math.max(1, deadline - performance.now()), longestTimerMs);
}
