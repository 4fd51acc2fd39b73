import { performance } from '../runtime/timers.js';
import { tellSent } from './observation.js';
import type { Destination } from './observer.js';

/** A message on its way, whose promise is settled when it is there, or is not. */
interface OnItsWay {
  reject: (error: unknown) => void;
}

/** Sends a batch, and tells observers of it when all its messages are settled. */
export async function reportSent<Item extends OnItsWay>(
  destination: Destination,
  messages: readonly Item[],
  send: () => unknown,
): Promise<void> {
  const startedAt = performance.now();
  let failed = 0;
  let first: unknown;
  for (const message of messages) {
    const { reject } = message;
    message.reject = (error) => {
      if (failed === 0) first = error;
      failed += 1;
      reject(error);
    };
  }
  await send();
  const sent = messages.length - failed;
  const durationMs = performance.now() - startedAt;
  tellSent({ ...destination, sent, failed, error: first, durationMs });
}
