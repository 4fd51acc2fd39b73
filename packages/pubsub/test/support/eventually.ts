import { setTimeout as pause } from 'node:timers/promises';

/** Repeats `check` until it no longer throws; after the deadline, throws what it last threw. */
export async function eventually<Result>(
  check: () => Result | Promise<Result>,
  deadlineMs = 10_000,
): Promise<Result> {
  const end = performance.now() + deadlineMs;
  for (;;) {
    try {
      return await check();
    } catch (error) {
      if (performance.now() > end) throw error;
      await pause(5);
    }
  }
}
