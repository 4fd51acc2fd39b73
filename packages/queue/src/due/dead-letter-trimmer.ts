import { asError } from '@redpost/core';
import { clearInterval, Rerun, setInterval } from '@redpost/core/consuming';
import type { QueueContext } from '../context.js';
import { trimDead } from '../scripts/trim-dead.js';
import { isBounded } from '../shape/dead-letter-bounds.js';
import type { Shape } from '../shape/shape.js';

/** How often to look for dead letters that have become too old, in ms. */
const pollMs = 5000;

/**
 * Deletes dead letters that have become too old, also when no further message dies. Every consumer of a queue whose
 * dead letters are bounded has one.
 */
export class DeadLetterTrimmer {
  readonly #context: QueueContext;
  readonly #failed: (error: Error) => void;
  readonly #trimming = new Rerun(() => this.#trim());
  #timer: NodeJS.Timeout | undefined;

  constructor(context: QueueContext, failed: (error: Error) => void) {
    this.#context = context;
    this.#failed = failed;
  }

  /** The queue has this shape. */
  reshape({ deadLetters }: Shape): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    if (!isBounded(deadLetters)) return;
    this.#timer = setInterval(() => this.#trimming.ask(), pollMs).unref();
    this.#trimming.ask();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  async #trim(): Promise<void> {
    const { connection, keys } = this.#context;
    try {
      while (this.#timer && (await connection.run(trimDead, { keys }))) {}
    } catch (error) {
      if (this.#timer) this.#failed(asError(error));
    }
  }
}
