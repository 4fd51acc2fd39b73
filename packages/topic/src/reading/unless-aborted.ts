import { onAbort } from '@redpost/core/consuming';

/** Settles as `promise` does, but resolves to undefined as soon as `signal` is aborted. */
export async function unlessAborted<Value>(
  promise: Promise<Value>,
  signal: AbortSignal,
): Promise<Value | undefined> {
  let stop = () => {};
  const aborted = new Promise<undefined>((resolve) => {
    stop = () => resolve(undefined);
  });
  const forget = onAbort(signal, stop);
  if (signal.aborted) stop();
  try {
    return await Promise.race([aborted, promise]);
  } finally {
    forget();
  }
}
