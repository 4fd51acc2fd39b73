/** A message on its way, whose promise is settled when it is there, or is not. */
export interface OnItsWay {
  /** Rejects the promise: by {@link fail}. */
  reject(error: unknown): void;
  /** Why it was rejected, if it was: what observes sends reads it when all of a batch are settled. */
  error?: unknown;
}

let failures = 0;

/** How many messages have failed in this process. While it is the same, none has: that costs less than to look at each. */
export function failuresSoFar(): number {
  return failures;
}

/** Rejects the promise of a message that is not there, or perhaps is not. */
export function fail(message: OnItsWay, error: unknown): void {
  failures += 1;
  message.error ??= error;
  message.reject(error);
}
