import type { HandlerPoolHost, Work } from '@redpost/core/consuming';
import type { HeldDelivery } from './delivery.js';

/** What one call of a batch handler gets. All of it is held under one lease. */
export class Batch<Body = unknown> implements Work {
  readonly #all: readonly HeldDelivery<Body>[];
  readonly size: number;
  /** Those that the handler gets: there are some only when it is open. */
  deliveries: readonly HeldDelivery<Body>[] = [];
  /** A rate limits how many are taken, not when they are started together. */
  readonly startBy: number | undefined;
  #startedAt = 0;

  /**
   * @param all at least one, oldest first.
   * @param size how many bytes they are together.
   * @param startBy only if it is not to be started at all, but returned.
   */
  constructor(all: readonly HeldDelivery<Body>[], size: number, startBy?: number) {
    this.#all = all;
    this.size = size;
    this.startBy = startBy;
  }

  /** Also those that cannot be read. */
  get all(): readonly HeldDelivery<Body>[] {
    return this.#all;
  }

  get settler(): HeldDelivery<Body>['settler'] {
    return (this.#all[0] as HeldDelivery<Body>).settler;
  }

  get startedAt(): number {
    return this.#startedAt;
  }

  set startedAt(now: number) {
    this.#startedAt = now;
    for (const held of this.#all) held.startedAt = now;
  }

  /**
   * Makes the bodies available, and leaves out what cannot be read or has expired: that is settled. Returns a
   * promise only if the schema is asynchronous.
   */
  open(host: HandlerPoolHost<HeldDelivery<Body>>): Promise<void> | undefined {
    const openings: Promise<void>[] = [];
    for (const held of this.#all) {
      try {
        // Its handler is not alone with it, so it may not fail for what can be told before.
        void held.envelope;
        const opening = host.open(held);
        if (opening) openings.push(opening.catch((error) => host.outcomes.failed(held, error)));
      } catch (error) {
        host.outcomes.failed(held, error);
      }
    }
    if (openings.length > 0) return Promise.all(openings).then(() => this.#leaveOutSettled());
    this.#leaveOutSettled();
    return undefined;
  }

  #leaveOutSettled(): void {
    this.deliveries = this.#all.filter(({ isSettled }) => !isSettled);
  }
}
