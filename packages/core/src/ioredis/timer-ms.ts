import { longestTimerMs } from '../check.js';
import { performance } from '../timers.js';

/** Until `deadline` (by `performance.now()`), as a timer can wait it. */
export function timerMs(deadline: number): number {
  return Math.min(Math.max(1, deadline - performance.now()), longestTimerMs);
}
