import { setTimeout as delay } from 'node:timers/promises';

/** Waits until `holds` is true, and fails when it still is not at the deadline. */
export async function eventually(holds: () => boolean, withinMs = 10_000): Promise<void> {
  const deadline = performance.now() + withinMs;
  while (!holds()) {
    if (performance.now() > deadline)
      throw new Error(`Still not so after ${withinMs} ms: ${holds}`);
    await delay(10);
  }
}
