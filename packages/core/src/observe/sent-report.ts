import { performance } from '../runtime/timers.js';
import { failuresSoFar, type OnItsWay } from '../sending/on-its-way.js';
import { tellSent } from './observation.js';
import type { Destination } from './observer.js';

const none: readonly OnItsWay[] = [];

/**
 * Sends a batch, and tells observers of it when all its messages are settled.
 *
 * @param send resolves when they are.
 */
export async function reportSent(
  destination: Destination,
  messages: readonly OnItsWay[],
  send: () => unknown,
): Promise<void> {
  const startedAt = performance.now();
  const before = failuresSoFar();
  await send();
  const failed = failuresSoFar() === before ? none : messages.filter(hasFailed);
  tellSent({
    sent: messages.length - failed.length,
    failed: failed.length,
    error: failed[0]?.error,
    durationMs: performance.now() - startedAt,
    ...destination,
  });
}

function hasFailed({ error }: OnItsWay): boolean {
  return error !== undefined;
}
