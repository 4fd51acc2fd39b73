import {
  type FailurePolicy,
  type NextStep,
  stepAfter,
  unreadableReason,
} from '@redpost/core/consuming';
import type { HeldDelivery } from './delivery.js';

/**
 * What follows when a message could not be read or handled. An unreadable envelope must not leave it
 * where it is either.
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
  if (!reason) return stepAfter(held.attempt, policy, report);
  held.tolerate();
  return { action: 'dead-letter', reason };
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
