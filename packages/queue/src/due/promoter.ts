import { asError } from '@redpost/core';
import { clearTimeout, setTimeout } from '@redpost/core/consuming';
import type { QueueContext } from '../context.js';
import { promote } from '../scripts/promote.js';

/** The events of a {@link Promoter}. */
export interface PromoterEvents {
  /** Delayed messages have become due, and may be taken now. */
  promoted(): void;
  failed(error: Error): void;
}

/** How often to look for due messages without a signal, in ms, because a signal may be lost. */
const pollMs = 5000;
/** How soon to look again after a failure, in ms, because messages may have become due meanwhile. */
const againMs = 250;

/**
 * Returns delayed messages to the queue when they are due. It sleeps until the earliest one is due, and is woken when an
 * earlier one is sent. Every consumer has a promoter, and the first one to look does the work.
 */
export class Promoter {
  readonly #context: QueueContext;
  readonly #events: PromoterEvents;
  #timer: NodeJS.Timeout | undefined;
  #isChecking = false;
  #checkAgain = false;
  #stopped = false;

  constructor(context: QueueContext, events: PromoterEvents) {
    this.#context = context;
    this.#events = events;
  }

  /** Looks for due messages now, and from then on whenever one is due. */
  async check(): Promise<void> {
    if (this.#isChecking) {
      this.#checkAgain = true;
      return;
    }
    this.#isChecking = true;
    clearTimeout(this.#timer);
    const nextInMs = await this.#promote();
    this.#isChecking = false;
    if (this.#stopped) return;
    const waitMs = this.#checkAgain ? 0 : Math.min(nextInMs ?? pollMs, pollMs);
    this.#checkAgain = false;
    this.#timer = setTimeout(() => void this.check(), waitMs).unref();
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  async #promote(): Promise<number | undefined> {
    const { connection, keys } = this.#context;
    try {
      const { moved, nextInMs } = await connection.run(promote, { keys });
      if (moved > 0 && !this.#stopped) this.#events.promoted();
      return nextInMs;
    } catch (error) {
      if (!this.#stopped) this.#events.failed(asError(error));
      return againMs;
    }
  }
}
