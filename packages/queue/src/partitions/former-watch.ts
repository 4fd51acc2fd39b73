import { asError } from '@redpost/core';
import { clearTimeout, setTimeout } from '@redpost/core/consuming';
import { forgetDrained } from './drained.js';
import type { Partitions } from './partitions.js';

/** How often it looks, in ms. */
const everyMs = 10_000;

/**
 * After the number of partitions has changed, looks from time to time whether messages of keys still wait where they went before. A
 * consumer does that in the background; when none does any more, producers need not ask for these places.
 */
export class FormerWatch {
  readonly #partitions: Partitions;
  readonly #failed: (error: Error) => void;
  #isMoving = false;
  #timer: NodeJS.Timeout | undefined;
  #hasEnded = false;

  constructor(partitions: Partitions, failed: (error: Error) => void) {
    this.#partitions = partitions;
    this.#failed = failed;
  }

  /** It may be divided otherwise now. */
  look(): void {
    const isMoving = this.#partitions.division.before !== undefined;
    if (isMoving === this.#isMoving) return;
    this.#isMoving = isMoving;
    this.#lookLater();
  }

  end(): void {
    this.#hasEnded = true;
    clearTimeout(this.#timer);
  }

  #lookLater(): void {
    clearTimeout(this.#timer);
    if (!this.#isMoving || this.#hasEnded) return;
    this.#timer = setTimeout(() => void this.#look(), everyMs).unref();
  }

  async #look(): Promise<void> {
    const { known, division } = this.#partitions;
    try {
      if (await forgetDrained(known, division.count)) return;
    } catch (error) {
      if (!this.#hasEnded) this.#failed(asError(error));
    }
    this.#lookLater();
  }
}
