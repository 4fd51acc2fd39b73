import { isRedpostError } from '../errors.js';
import { pause } from '../runtime/timers.js';

/** A caller that waits to learn whether a delivery was still held when it was settled. */
export interface SettlingWaiter {
  /** The delivery was settled, or was no longer held. */
  resolve(wasHeld: boolean): void;
  /** The delivery cannot be settled any more. */
  reject(error: unknown): void;
}

const firstPauseMs = 50;
const longestPauseMs = 2000;

/**
 * Calls that settle deliveries. A call that fails because Redis is unreachable is repeated until the lease of the
 * consumer is over, so that the decision of a handler is not lost.
 */
export class Settling {
  readonly #isOver: () => boolean;
  #underWay: Set<Promise<void>> | undefined;

  constructor(isOver: () => boolean) {
    this.#isOver = isOver;
  }

  /** Calls `run`, and passes its results to the waiters, which have the same order. */
  settle(waiters: readonly SettlingWaiter[], run: () => Promise<boolean[]>): void {
    const settled = this.repeat(run).then(
      ({ result, mayBeDone }) => {
        waiters.forEach(({ resolve }, at) => {
          resolve(result[at] === true || mayBeDone);
        });
      },
      (error) => {
        for (const { reject } of waiters) reject(error);
      },
    );
    this.#underWay ??= new Set();
    this.#underWay.add(settled);
    void settled.then(() => this.#underWay?.delete(settled));
  }

  /** @returns the result of `run`, and whether an earlier call, whose answer was lost, may have settled them already. */
  async repeat<Result>(
    run: () => Promise<Result>,
  ): Promise<{ result: Result; mayBeDone: boolean }> {
    // Once an answer was lost, "no longer held" may mean that the call without an answer has settled them.
    let mayBeDone = false;
    for (let waitMs = firstPauseMs; ; waitMs = Math.min(waitMs * 2, longestPauseMs)) {
      try {
        return { result: await run(), mayBeDone };
      } catch (error) {
        if (this.#isOver() || !isRedpostError(error) || !error.retryable) throw error;
        mayBeDone ||= !('outcome' in error) || error.outcome === 'unknown';
        await pause(waitMs);
      }
    }
  }

  /** Resolves when no call is pending. */
  async idle(): Promise<void> {
    await Promise.all(this.#underWay ?? []);
  }
}
