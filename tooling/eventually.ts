import { setTimeout as pause } from 'node:timers/promises';

/**
 * Resolves with what `probe` returns as soon as that is truthy. A probe that throws has not
 * succeeded yet.
 */
export async function eventually<Value>(
  probe: () => Value | Promise<Value>,
  withinMs = 10_000,
): Promise<NonNullable<Value>> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const { value, error } = await outcomeOf(probe);
    if (value) return value;
    if (performance.now() > deadline) {
      throw new Error(`Still not so after ${withinMs} ms: ${probe}`, { cause: error });
    }
    await pause(10);
  }
}

async function outcomeOf<Value>(
  probe: () => Value | Promise<Value>,
): Promise<{ value?: Value; error?: unknown }> {
  try {
    return { value: await probe() };
  } catch (error) {
    return { error };
  }
}
