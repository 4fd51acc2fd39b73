const marker = Symbol.for('redpost.error');

/** An error of redpost's family, with what some of its members have. */
interface FamilyError extends Error {
  readonly code: string;
  readonly retryable: boolean;
  readonly outcome?: 'not-executed' | 'unknown';
  readonly reply?: string;
}

/** What `promise` rejects with, which has to be an error of the family. */
export async function rejection(promise: Promise<unknown>): Promise<FamilyError> {
  const error = await promise.then(
    (value) => {
      throw new Error(`Resolved with ${String(value)} instead of rejecting`);
    },
    (reason: unknown) => reason,
  );
  if (!isOfFamily(error)) throw error;
  return error;
}

function isOfFamily(error: unknown): error is FamilyError {
  return error instanceof Error && marker in error;
}
