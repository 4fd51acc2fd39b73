import { pause } from '@redpost/core/consuming';
import type { QueueContext } from '../context.js';
import { readStats } from './queue-stats.js';

/** How long until it is looked again, in ms: at first, and at most. */
const [firstMs, longestMs] = [20, 500];

/** True when nothing is pending, active or delayed. */
async function isIdle(context: QueueContext): Promise<boolean> {
  const { pending, active, delayed } = await readStats(context);
  return pending + active + delayed === 0;
}

/**
 * Resolves when nothing is pending, active or delayed. Nobody tells when the last message is acknowledged, which travels
 * with a lease call, so it is looked again and again: at growing intervals, up to half a second.
 *
 * @throws the reason of the signal.
 */
export async function untilIdle(context: QueueContext, signal?: AbortSignal): Promise<void> {
  let waitMs = firstMs;
  for (;;) {
    signal?.throwIfAborted();
    if (await isIdle(context)) return;
    await pause(waitMs, undefined, { signal }).catch(() => signal?.throwIfAborted());
    waitMs = Math.min(2 * waitMs, longestMs);
  }
}
