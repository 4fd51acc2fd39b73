import { type Backoff, exponential } from '../backoff.js';
import { asError, InvalidArgumentError, isRedpostError } from '../errors.js';
import { shown } from '../options/check.js';
import { isThenable } from '../runtime/is-thenable.js';

/** What happens to a message that could not be handled. */
export type NextStep =
  | { action: 'retry'; delayMs: number }
  | { action: 'dead-letter'; reason: DeadLetterReason };

/**
 * Why a message is a dead letter; `deadLetter(reason)` may give any other.
 * - `failed`: its handler threw at every attempt.
 * - `crashed`: its consumer died at every attempt.
 * - `malformed`: its envelope, its headers or its body could not be decoded.
 * - `invalid`: its body does not fit the schema.
 * - `rejected`: a handler dead-lettered it, without a reason.
 * - `expired`: it was not delivered in time, and its consumer has `onExpired: 'dead-letter'`.
 */
export type DeadLetterReason =
  | 'failed'
  | 'crashed'
  | 'malformed'
  | 'invalid'
  | 'rejected'
  | 'expired';

/** How many attempts a message has, and how long it waits between them. */
export interface FailurePolicy {
  maxAttempts: number;
  backoff: Backoff;
}

/**
 * Why a message that cannot be read becomes a dead letter; undefined for any other failure. Such a message is not retried,
 * because it cannot be read later either.
 */
export function unreadableReason(error: unknown): 'malformed' | 'invalid' | undefined {
  if (isRedpostError(error, 'DECODE')) return 'malformed';
  if (isRedpostError(error, 'VALIDATION')) return 'invalid';
  return undefined;
}

/**
 * What follows after attempt number `attempt` has failed. If the backoff throws or returns no number, the default backoff
 * is used, so that the message neither stays with its consumer nor uses up its attempts at once.
 *
 * @param report called with the error of a backoff.
 */
export function stepAfter(
  attempt: number,
  { maxAttempts, backoff }: FailurePolicy,
  report: (error: Error) => void,
): NextStep {
  if (attempt >= maxAttempts) return { action: 'dead-letter', reason: 'failed' };
  try {
    return { action: 'retry', delayMs: delayOf(backoff, attempt) };
  } catch (thrown) {
    report(asError(thrown));
    return { action: 'retry', delayMs: exponential()(attempt) };
  }
}

const longestDelayMs = 365 * 86_400_000;

/** The delay that a backoff returns. It is code of the user, so its result is checked. */
function delayOf(backoff: Backoff, attempt: number): number {
  const delayMs: unknown = backoff(attempt);
  if (typeof delayMs === 'number' && !Number.isNaN(delayMs)) {
    return Math.min(Math.max(0, Math.round(delayMs)), longestDelayMs);
  }
  // A promise is not awaited, so its rejection must not become an unhandled one.
  if (isThenable(delayMs)) delayMs.then(undefined, () => {});
  throw new InvalidArgumentError(
    `A backoff returns how many ms to wait, got ${shown(delayMs)}: exponential() is used instead`,
  );
}
