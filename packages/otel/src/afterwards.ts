/** Calls a function, and `ended` when it is through. Returns what it returns, which may be no promise. */
export function afterwards(call: () => unknown, ended: (error?: unknown) => void): unknown {
  let result: unknown;
  try {
    result = call();
  } catch (error) {
    ended(error ?? new Error('unknown'));
    throw error;
  }
  if (isThenable(result)) return awaited(result, ended);
  ended();
  return result;
}

async function awaited(
  result: PromiseLike<unknown>,
  ended: (error?: unknown) => void,
): Promise<unknown> {
  try {
    const value = await result;
    ended();
    return value;
  } catch (error) {
    ended(error ?? new Error('unknown'));
    throw error;
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as PromiseLike<unknown> | undefined)?.then === 'function';
}
