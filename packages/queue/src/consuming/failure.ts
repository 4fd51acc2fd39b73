import {
  type FailurePolicy,
  type NextStep,
  stepAfter,
  unreadableReason,
} from '@redpost/core/consuming';
import type { HeldDelivery } from './delivery.js';

/**
 * What follows when a message could not be read or handled. A message with an unreadable envelope becomes a dead letter,
 * so that it does not stay with its consumer.
 *
 * @param report called with the error of a backoff.
 */
export function nextStep(
  held: HeldDelivery,
  error: Error,
  policy: FailurePolicy,
  report: (error: Error) => void,
): NextStep {
  // An open message is readable, so this error is about something else that its handler has read.
  const reason = (held.isOpen ? undefined : unreadableReason(error)) ?? envelopeReason(held);
  if (!reason) return stepAfter(held.attempt, policy, report);
  held.tolerate();
  return { action: 'dead-letter', reason };
}

/** Why a message with this envelope becomes a dead letter; undefined for a readable envelope. */
function envelopeReason(held: HeldDelivery): 'malformed' | undefined {
  try {
    void held.envelope;
    return undefined;
  } catch {
    return 'malformed';
  }
}
