import { asError } from '../errors.js';
import type { SessionEvents } from './lease-events.js';
import type { LeaseStore } from './lease-store.js';

/** Returns the messages of consumers whose lease has run out. */
export class Recoverer<Recovery> {
  readonly #store: LeaseStore<never, Recovery>;
  readonly #events: SessionEvents<unknown, Recovery>;

  constructor(store: LeaseStore<never, Recovery>, events: SessionEvents<unknown, Recovery>) {
    this.#store = store;
    this.#events = events;
  }

  /**
   * Recovers these consumers. Resolves when this is done or has failed.
   *
   * @param overdue the names in the answer to a heartbeat. Several consumers may get the same names.
   */
  async recover(overdue: readonly string[]): Promise<void> {
    await Promise.all(overdue.map((consumer) => this.#recoverOne(consumer)));
  }

  async #recoverOne(consumer: string): Promise<void> {
    try {
      const recovery = await this.#store.recover(consumer);
      if (recovery) this.#events.recovered(recovery);
    } catch (error) {
      this.#events.failed(asError(error));
    }
  }
}
