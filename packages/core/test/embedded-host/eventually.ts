import { setTimeout as delay } from 'node:timers/promises';
import { timeLimit } from '../../../../tooling/machine-pace.js';

/** Waits until `holds` is true, and fails when it still is not at the deadline. */
export async function eventually(holds: () => boolean, withinMs = 10_000): Promise<void> {
  const isOver = timeLimit(withinMs);
  while (!holds()) {
    if (isOver()) throw new Error(`Still not so after ${withinMs} ms: ${holds}`);
    await delay(10);
  }
}
