import { shortened } from '../error-text.js';
import { TickBatch } from '../sending/batch.js';
import type { DeadLettering, LeaseStore, Retry } from './lease-store.js';
import { Settling, type SettlingWaiter } from './settling.js';

/** Lua can unpack about 8000 values, and some servers accept at most a million bytes in one call. */
const limits = { count: 1000, bytes: 750_000 };

/**
 * Retries and dead letters. All of one tick are sent in one call. A call that fails because Redis is unreachable is
 * repeated until the lease of the consumer is over, so that the decision of a handler is not lost.
 */
export class Settlements<Held> {
  readonly #store: LeaseStore<Held, unknown>;
  readonly #settling: Settling;

  /** @param isOver true once the lease is over. */
  constructor(store: LeaseStore<Held, unknown>, isOver: () => boolean) {
    this.#store = store;
    this.#settling = new Settling(isOver);
  }

  // Made when they are needed: most consumers fail seldom.
  #retries: TickBatch<Retry<Held> & SettlingWaiter> | undefined;
  #deadLetters: TickBatch<DeadLettering<Held> & SettlingWaiter> | undefined;

  /** Resolves to false when the message was no longer held. */
  retry(held: Held, delayMs: number): Promise<boolean> {
    this.#retries ??= new TickBatch(limits, (retries) => {
      this.#settling.settle(retries, () => this.#store.retry(retries));
    });
    const batch = this.#retries;
    return new Promise((resolve, reject) => {
      batch.add({ held, delayMs, resolve, reject }, 0);
    });
  }

  /** Resolves to false when the message was no longer held. */
  deadLetter(held: Held, reason: string, error: string, stack = ''): Promise<boolean> {
    this.#deadLetters ??= new TickBatch(limits, (letters) => {
      this.#settling.settle(letters, () => this.#store.deadLetter(letters));
    });
    const batch = this.#deadLetters;
    return new Promise((resolve, reject) => {
      const texts = { reason: shortened(reason), error: shortened(error) };
      // A character has up to three bytes.
      const textSize = 3 * (texts.reason.length + texts.error.length + stack.length);
      const size = textSize + this.#store.deadLetterSize(held);
      batch.add({ held, stack, resolve, reject, ...texts }, size);
    });
  }

  /** Repeats another call about held messages in the same way. */
  async repeat(run: () => Promise<unknown>): Promise<void> {
    await this.#settling.repeat(run);
  }

  /** Resolves when no call is pending, and none is about to be sent. */
  async idle(): Promise<void> {
    this.#retries?.flush();
    this.#deadLetters?.flush();
    await this.#settling.idle();
  }
}
