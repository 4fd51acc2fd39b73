import { asError, type Backoff, DecodeError, exponential, ValidationError } from '@redpost/core';
import type { HeldDelivery } from './delivery.js';

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

export interface FailurePolicy {
  maxAttempts: number;
  backoff: Backoff;
}

/**
 * What follows when a message could not be read or handled. Always something does: neither an
 * unreadable envelope nor a backoff that throws may leave the message where it is.
 *
 * @param report told what a backoff throws.
 */
export function nextStep(
  held: HeldDelivery,
  error: Error,
  policy: FailurePolicy,
  report: (error: Error) => void,
): NextStep {
  // Once it is open it is readable: what its handler could not read was something else.
  const reason = (held.isOpen ? undefined : unreadableReason(error)) ?? envelopeReason(held);
  if (reason) {
    held.tolerate();
    return { action: 'dead-letter', reason };
  }
  try {
    return stepAfter(held.attempt, policy);
  } catch (thrown) {
    report(asError(thrown));
    return { action: 'retry', delayMs: exponential()(held.attempt) };
  }
}

/** Why its envelope makes it a dead letter; undefined for one that is readable. */
function envelopeReason(held: HeldDelivery): 'malformed' | undefined {
  try {
    void held.envelope;
    return undefined;
  } catch {
    return 'malformed';
  }
}

/** What follows when attempt number `attempt` has failed. */
export function stepAfter(attempt: number, { maxAttempts, backoff }: FailurePolicy): NextStep {
  if (attempt >= maxAttempts) return { action: 'dead-letter', reason: 'failed' };
  return { action: 'retry', delayMs: delayOf(backoff, attempt) };
}

const longestDelayMs = 365 * 86_400_000;

/** A backoff is the user's code: what it returns must not lose the message. */
function delayOf(backoff: Backoff, attempt: number): number {
  const delayMs = Math.round(backoff(attempt));
  if (!(delayMs >= 0)) return 0;
  return Math.min(delayMs, longestDelayMs);
}
