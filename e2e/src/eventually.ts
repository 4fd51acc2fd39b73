import { setTimeout as pause } from 'node:timers/promises';

/** Resolves with what `probe` returns as soon as that is truthy; rejects at the deadline. */
export async function eventually<Value>(
  probe: () => Value | Promise<Value>,
  { withinMs = 20_000, describe = () => probe.toString() } = {},
): Promise<Value> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const value = await probe();
    if (value) return value;
    if (performance.now() > deadline) {
      throw new Error(`Still not so after ${withinMs} ms: ${describe()}`);
    }
    await pause(5);
  }
}
