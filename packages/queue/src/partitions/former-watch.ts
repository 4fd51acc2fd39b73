import { asError } from '@redpost/core';
import { clearTimeout, setTimeout } from '@redpost/core/consuming';
import { forgetDrained } from './drained.js';
import type { Partitions } from './partitions.js';

/** By then, every producer knows how the queue is divided: twice as long as it uses what it has read. In ms. */
const firstMs = 60_000;
const everyMs = 10_000;

/**
 * After the number of partitions has changed, looks from time to time whether messages of keys still wait where they went before. A
 * consumer does that in the background; when none does any more, producers need not ask for these places.
 */
export class FormerWatch {
  readonly #partitions: Partitions;
  readonly #failed: (error: Error) => void;
  #before = '';
  #timer: NodeJS.Timeout | undefined;
  #hasEnded = false;

  constructor(partitions: Partitions, failed: (error: Error) => void) {
    this.#partitions = partitions;
    this.#failed = failed;
  }

  /** It may be divided otherwise now. */
  look(): void {
    const before = this.#partitions.division.before.join(',');
    if (before === this.#before) return;
    this.#before = before;
    this.#lookIn(firstMs);
  }

  end(): void {
    this.#hasEnded = true;
    clearTimeout(this.#timer);
  }

  #lookIn(ms: number): void {
    clearTimeout(this.#timer);
    if (this.#before === '' || this.#hasEnded) return;
    this.#timer = setTimeout(() => void this.#look(), ms).unref();
  }

  async #look(): Promise<void> {
    const { known, division } = this.#partitions;
    try {
      if (await forgetDrained(known, division)) return;
    } catch (error) {
      if (!this.#hasEnded) this.#failed(asError(error));
    }
    this.#lookIn(everyMs);
  }
}
