import { asError, isRedpostError } from '@redpost/core';
import { pause, ToldSeldom, within } from '@redpost/core/consuming';

/** How soon to declare again what failed, in ms: at first, and at most. */
const [firstPauseMs, longestPauseMs] = [250, 5000];
/** How long the end waits for the answer to a call that is out, in ms. */
const lastAnswerMs = 1000;

/** Declares something in the background, again and again until it has succeeded. */
export class Declaration {
  readonly #declare: (isOver: () => boolean) => Promise<void>;
  readonly #failed: (error: Error) => void;
  readonly #told = new ToldSeldom();
  readonly #ending = new AbortController();
  readonly #done: Promise<void>;

  /** @param declare may be called when it has succeeded before, and ends early when `isOver()`. */
  constructor(declare: (isOver: () => boolean) => Promise<void>, failed: (error: Error) => void) {
    this.#declare = declare;
    this.#failed = failed;
    this.#done = this.#repeat();
  }

  /** Tries no more. Resolves when the call that is out has been answered, after a second at the latest. */
  async end(): Promise<void> {
    this.#ending.abort();
    await within(this.#done, lastAnswerMs);
  }

  async #repeat(): Promise<void> {
    const { signal } = this.#ending;
    for (
      let waitMs = firstPauseMs;
      !signal.aborted;
      waitMs = Math.min(2 * waitMs, longestPauseMs)
    ) {
      try {
        await this.#declare(() => signal.aborted);
        return;
      } catch (thrown) {
        const error = asError(thrown);
        const isClosed = isRedpostError(error, 'CLOSED');
        if (!(isClosed && signal.aborted) && this.#told.isDue(error)) this.#failed(error);
        if (isClosed) return;
      }
      // Rejects at the end.
      await pause(waitMs, undefined, { ref: false, signal }).catch(() => {});
    }
  }
}
