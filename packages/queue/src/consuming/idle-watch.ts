import { asError } from '@redpost/core';
import { untilIdle } from '../admin/idle.js';
import type { QueueContext } from '../context.js';

/** Tells a consumer when its queue has become idle, once each time. Looks only while somebody listens. */
export class IdleWatch {
  readonly #context: QueueContext;
  readonly #told: () => void;
  readonly #failed: (error: Error) => void;
  readonly #ending = new AbortController();
  /** What it is doing: nobody listens, or the queue is idle, or it looks. */
  #state: 'off' | 'idle' | 'looking' = 'off';

  constructor(context: QueueContext, told: () => void, failed: (error: Error) => void) {
    this.#context = context;
    this.#told = told;
    this.#failed = failed;
  }

  /** Somebody listens from now on. */
  start(): void {
    if (this.#state === 'off') void this.#look();
  }

  /** Messages have come. */
  accepted(): void {
    if (this.#state === 'idle') void this.#look();
  }

  /** Looks no more. */
  end(): void {
    this.#ending.abort();
  }

  async #look(): Promise<void> {
    this.#state = 'looking';
    const { signal } = this.#ending;
    try {
      await untilIdle(this.#context, signal);
    } catch (error) {
      if (signal.aborted) return;
      // The next message lets it look again.
      this.#state = 'idle';
      this.#failed(asError(error));
      return;
    }
    this.#state = 'idle';
    this.#told();
  }
}
