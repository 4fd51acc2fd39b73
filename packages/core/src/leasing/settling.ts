import { isRedpostError } from '../errors.js';
import { pause } from '../runtime/timers.js';

/** Who waits to hear whether a delivery was still held when it was settled. */
export interface SettlingWaiter {
  /** It was settled, or was no longer held. */
  resolve(wasHeld: boolean): void;
  /** It cannot be settled any more. */
  reject(error: unknown): void;
}

const firstPauseMs = 50;
const longestPauseMs = 2000;

/**
 * Calls that settle deliveries. One that fails because Redis is away is repeated until the
 * consumer's lease is over: what a handler has decided is not forgotten.
 */
export class Settling {
  readonly #isOver: () => boolean;
  readonly #underWay = new Set<Promise<void>>();

  constructor(isOver: () => boolean) {
    this.#isOver = isOver;
  }

  /** Tells each what `run` says of it, in their order. */
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
    this.#underWay.add(settled);
    void settled.then(() => this.#underWay.delete(settled));
  }

  /** @returns what `run` returned, and whether an earlier call, whose answer got lost, may have done it. */
  async repeat<Result>(
    run: () => Promise<Result>,
  ): Promise<{ result: Result; mayBeDone: boolean }> {
    // Once an answer got lost, "no longer held" may mean that the lost call did it.
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

  /** Resolves when no call to settle is under way. */
  async idle(): Promise<void> {
    await Promise.all(this.#underWay);
  }
}
