import { setTimeout as pause } from 'node:timers/promises';
import { timeLimit } from '../../tooling/machine-pace.js';

/**
 * Resolves with what `probe` returns as soon as that is truthy; rejects when it is not after `withinMs`,
 * which is as long as that on an idle machine, and longer on a busy one.
 */
export async function eventually<Value>(
  probe: () => Value | Promise<Value>,
  { withinMs = 20_000, describe = () => probe.toString() } = {},
): Promise<Value> {
  const isOver = timeLimit(withinMs);
  for (;;) {
    const value = await probe();
    if (value) return value;
    if (isOver()) {
      throw new Error(`Still not so after ${withinMs} ms: ${describe()}`);
    }
    await pause(5);
  }
}
