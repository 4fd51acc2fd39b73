import { pause } from '../runtime/timers.js';

/** How long until it is looked again, in ms: at first, and at most. */
const [firstMs, longestMs] = [20, 500];

/**
 * Resolves when nothing is left to be handled. Nobody tells when the last message is acknowledged, which travels with a call that
 * asks for more, so it is looked again and again: at growing intervals, up to half a second.
 *
 * @throws the reason of the signal, and what `isIdle` throws.
 */
export async function untilIdle(
  isIdle: () => Promise<boolean>,
  signal?: AbortSignal,
): Promise<void> {
  let waitMs = firstMs;
  for (;;) {
    signal?.throwIfAborted();
    if (await isIdle()) return;
    await pause(waitMs, undefined, { signal }).catch(() => signal?.throwIfAborted());
    waitMs = Math.min(2 * waitMs, longestMs);
  }
}
