import { isRedpostError, type Outcome, type RedpostError } from '@redpost/core';

/** What `promise` rejects with, which has to be an error of the family. */
export async function rejection(
  promise: Promise<unknown>,
): Promise<RedpostError & { outcome?: Outcome; reply?: string }> {
  const error = await promise.then(
    (value) => {
      throw new Error(`Resolved with ${String(value)} instead of rejecting`);
    },
    (reason: unknown) => reason,
  );
  if (!isRedpostError(error)) throw error;
  return error;
}
