import { clearTimeout, longestTimerMs, onAbort, setTimeout } from '@redpost/core/consuming';

/**
 * Calls `work` with a signal that is aborted with `outer`, or when the time is up. Then it rejects at once, whether `work` heeds the signal
 * or not.
 *
 * @param timeoutMs 0 or below for no limit.
 */
export async function within<Value>(
  timeoutMs: number,
  outer: AbortSignal,
  work: (signal: AbortSignal) => Promise<Value>,
): Promise<Value> {
  outer.throwIfAborted();
  const controller = new AbortController();
  const { signal } = controller;
  const unlisten = onAbort(outer, () => controller.abort(outer.reason));
  const isLimited = timeoutMs > 0 && timeoutMs <= longestTimerMs;
  const timer = isLimited
    ? setTimeout(() => controller.abort(timedOut(timeoutMs)), timeoutMs)
    : undefined;
  let unlistenEnd = () => {};
  const aborted = new Promise<never>((_, reject) => {
    unlistenEnd = onAbort(signal, () => reject(signal.reason));
  });
  try {
    return await Promise.race([work(signal), aborted]);
  } finally {
    clearTimeout(timer);
    unlisten();
    unlistenEnd();
  }
}

function timedOut(timeoutMs: number): Error {
  const error = new Error(`The job has run for longer than its timeout of ${timeoutMs / 1000} s`);
  error.name = 'JobTimeoutException';
  return error;
}
