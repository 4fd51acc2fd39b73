import { setTimeout as pause } from 'node:timers/promises';
import { timeLimit } from './machine-pace.js';

/**
 * Resolves with what `probe` returns as soon as that is truthy. A probe that throws has not
 * succeeded yet.
 *
 * @param withinMs as long as that on an idle machine, and longer on a busy one.
 */
export async function eventually<Value>(
  probe: () => Value | Promise<Value>,
  withinMs = 10_000,
): Promise<NonNullable<Value>> {
  const value = await repeat(probe, Boolean, withinMs);
  return value as NonNullable<Value>;
}

/** Resolves with what `check` returns as soon as it does not throw: for what `expect` says. */
export function eventuallyPasses<Value>(
  check: () => Value | Promise<Value>,
  withinMs = 10_000,
): Promise<Value> {
  return repeat(check, () => true, withinMs);
}

async function repeat<Value>(
  probe: () => Value | Promise<Value>,
  suffices: (value: Value) => boolean,
  withinMs: number,
): Promise<Value> {
  const isOver = timeLimit(withinMs);
  for (;;) {
    let error: unknown;
    try {
      const value = await probe();
      if (suffices(value)) return value;
    } catch (thrown) {
      error = thrown;
    }
    if (isOver()) {
      throw new Error(`Still not so after ${withinMs} ms: ${probe}`, { cause: error });
    }
    await pause(10);
  }
}
