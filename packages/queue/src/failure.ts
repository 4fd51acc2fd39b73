import { type Backoff, DecodeError, ValidationError } from '@redpost/core';

/** What happens to a message that could not be handled. */
export type NextStep =
  | { action: 'retry'; delayMs: number }
  | { action: 'dead-letter'; reason: DeadLetterReason };

/**
 * Why a message is a dead letter; `deadLetter(reason)` may give any other.
 * - `failed`: its handler threw at every attempt.
 * - `crashed`: its consumer died at every attempt. Written by scripts/recover.lua.
 * - `malformed`: its envelope or its body could not be decoded.
 * - `invalid`: its body does not fit the schema.
 * - `rejected`: a handler said so, without a reason.
 */
export type DeadLetterReason = 'failed' | 'crashed' | 'malformed' | 'invalid' | 'rejected';

/**
 * Why a message that cannot be read is a dead letter; undefined for any other failure. What cannot
 * be read now cannot be read later either; all else is worth a retry.
 */
export function unreadableReason(error: unknown): 'malformed' | 'invalid' | undefined {
  if (error instanceof DecodeError) return 'malformed';
  if (error instanceof ValidationError) return 'invalid';
  return undefined;
}

/** What follows when attempt number `attempt` has failed. */
export function nextStep(
  attempt: number,
  policy: { maxAttempts: number; backoff: Backoff },
): NextStep {
  if (attempt >= policy.maxAttempts) return { action: 'dead-letter', reason: 'failed' };
  return { action: 'retry', delayMs: delayOf(policy.backoff, attempt) };
}

const longestDelayMs = 365 * 86_400_000;

/** A backoff is the user's code: what it returns must not lose the message. */
function delayOf(backoff: Backoff, attempt: number): number {
  const delayMs = Math.round(backoff(attempt));
  if (!(delayMs >= 0)) return 0;
  return Math.min(delayMs, longestDelayMs);
}
