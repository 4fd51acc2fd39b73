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
 * - `rejected`: a handler said so, without a reason.
 */
export type DeadLetterReason = 'failed' | 'crashed' | 'malformed' | 'invalid' | 'rejected';

/** How often a message is tried, and after which waits. */
export interface FailurePolicy {
  maxAttempts: number;
  backoff: Backoff;
}

/**
 * Why a message that cannot be read is a dead letter; undefined for any other failure. What cannot
 * be read now cannot be read later either; all else is worth a retry.
 */
export function unreadableReason(error: unknown): 'malformed' | 'invalid' | undefined {
  if (isRedpostError(error, 'DECODE')) return 'malformed';
  if (isRedpostError(error, 'VALIDATION')) return 'invalid';
  return undefined;
}

/**
 * What follows when attempt number `attempt` has failed. Always something does: a backoff that
 * throws, or returns no number, must neither leave the message where it is nor use up its attempts in no
 * time: the default one takes its place.
 *
 * @param report told what a backoff throws.
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

/** A backoff is the user's code: what it returns must not lose the message. */
function delayOf(backoff: Backoff, attempt: number): number {
  const delayMs: unknown = backoff(attempt);
  if (typeof delayMs === 'number' && !Number.isNaN(delayMs)) {
    return Math.min(Math.max(0, Math.round(delayMs)), longestDelayMs);
  }
  // Nobody waits for it, so nobody is told what it rejects with.
  if (isThenable(delayMs)) delayMs.then(undefined, () => {});
  throw new InvalidArgumentError(
    `A backoff returns how many ms to wait, got ${shown(delayMs)}: exponential() is used instead`,
  );
}
