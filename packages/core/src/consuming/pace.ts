import { InvalidArgumentError } from '../errors.js';
import { longestTimerMs, shown } from '../options/check.js';
import { onAbort } from '../runtime/on-abort.js';
import { pause, performance } from '../runtime/timers.js';

/** Holds back a job that is done in parts, so that it does not do more per second than it may, and ends it when it is aborted. */
export class Pace {
  readonly #perSecond: number;
  readonly #signal: AbortSignal | undefined;
  readonly #startedAt = performance.now();

  /** @throws InvalidArgumentError for a rate that is no number above 0. */
  constructor(ratePerSecond: number | undefined, signal: AbortSignal | undefined) {
    if (ratePerSecond !== undefined && !(ratePerSecond > 0 && Number.isFinite(ratePerSecond))) {
      throw new InvalidArgumentError(
        `ratePerSecond must be a number above 0, got ${shown(ratePerSecond)}`,
      );
    }
    this.#perSecond = ratePerSecond ?? Number.POSITIVE_INFINITY;
    this.#signal = signal;
  }

  /** How much one part does: a tenth of a second's worth, so that it comes evenly, and at most `most`. */
  partOf(most: number): number {
    return Math.min(most, Math.max(1, Math.ceil(this.#perSecond / 10)));
  }

  /** Waits until the next part may be done. Resolves to false when the signal has ended the job. */
  async mayGoOn(done: number): Promise<boolean> {
    const dueAt = this.#startedAt + (1000 * done) / this.#perSecond;
    for (;;) {
      const waitMs = dueAt - performance.now();
      if (waitMs <= 0 || this.#signal?.aborted) return !this.#signal?.aborted;
      await pauseUnlessAborted(Math.min(waitMs, longestTimerMs), this.#signal);
    }
  }
}

async function pauseUnlessAborted(ms: number, signal: AbortSignal | undefined): Promise<void> {
  const over = new AbortController();
  const unlisten = onAbort(signal, () => over.abort());
  // It rejects when it was aborted.
  await pause(ms, undefined, { signal: over.signal }).catch(() => {});
  unlisten();
}
