import { surelyTaken } from '../codecs/message-size.js';
import { nextTick } from '../runtime/timers.js';

/** Limits of one batch: the batch is handed over when it reaches either of them. */
export interface BatchLimits {
  count: number;
  bytes: number;
}

/** For items that need not be handed over before the end of the tick. */
export const unlimited: BatchLimits = { count: Infinity, bytes: Infinity };

/**
 * Collects the items of one tick of the event loop and hands them over as one batch, so that a thousand
 * concurrent calls cost one round trip. No item waits for a timer: it leaves in the tick in which it was
 * added. A large item is a batch of its own, because a server that refuses it for its size refuses the whole
 * batch.
 */
export class TickBatch<Item> {
  readonly #limits: BatchLimits;
  readonly #flush: (items: Item[]) => void;
  #items: Item[] = [];
  #bytes = 0;

  constructor(limits: BatchLimits, flush: (items: Item[]) => void) {
    this.#limits = limits;
    this.#flush = flush;
  }

  /**
   * Puts an item into the batch of this tick.
   *
   * @param bytes the size of the item, roughly.
   */
  add(item: Item, bytes: number): void {
    if (bytes > surelyTaken) {
      this.#addAlone(item);
      return;
    }
    // nextTick, not a microtask: it runs after every promise continuation that is ready, and these are the
    // callers whose items should be sent together.
    if (this.#items.push(item) === 1) nextTick(this.flush);
    this.#bytes += bytes;
    if (this.#items.length >= this.#limits.count || this.#bytes >= this.#limits.bytes) this.flush();
  }

  /** How many items are collected. */
  get count(): number {
    return this.#items.length;
  }

  /** Hands over the collected items now. */
  readonly flush = (): void => {
    if (this.#items.length === 0) return;
    const items = this.#items;
    this.#items = [];
    this.#bytes = 0;
    this.#flush(items);
  };

  #addAlone(item: Item): void {
    this.flush();
    this.#items.push(item);
    this.flush();
  }
}
