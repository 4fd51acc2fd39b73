import { isObserved } from './observation.js';
import type { ReceivedTogether } from './observer.js';

/** Notes that these messages have come together, if calls of handlers are observed: a consumer asks once for all of them. */
export function noteReceived(items: readonly { received: ReceivedTogether | undefined }[]): void {
  if (!isObserved('handle')) return;
  const received = { count: items.length };
  for (const item of items) item.received = received;
}
