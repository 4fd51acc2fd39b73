import { slowness } from './machine-pace.js';

/** How much later a handler may start for each further program that wants the processor, in ms: a few time slices. */
const lateMs = 10;

/**
 * The most of these times, in ms, in any half-open window of this length.
 *
 * A consumer looks at the clock before it starts a handler. On a busy machine the system may take the processor from its
 * process between that and the first line of the handler, so there the window is shorter, by a tenth at most. On an
 * idle machine it is exactly this long.
 */
export function mostInWindow(windowMs: number, times: readonly number[]): number {
  const length = windowMs - Math.min(windowMs / 10, lateMs * (slowness() - 1));
  const sorted = [...times].sort((a, b) => a - b);
  let first = 0;
  let most = 0;
  for (const [at, time] of sorted.entries()) {
    while ((sorted[first] as number) <= time - length) first += 1;
    most = Math.max(most, at - first + 1);
  }
  return most;
}
