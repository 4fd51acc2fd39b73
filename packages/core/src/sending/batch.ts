import { surelyTaken } from '../codecs/message-size.js';
import { nextTick } from '../runtime/timers.js';

/** Limits of one batch: it is handed over when either is reached. */
export interface BatchLimits {
  count: number;
  bytes: number;
}

/**
 * Collects what is added in one tick of the event loop and hands it over as one batch, so that a
 * thousand concurrent calls cost one round trip. Nothing waits for a timer: a lone item leaves in
 * the tick it came in. One that is large leaves by itself: a server that refuses it for its size refuses all
 * that is sent with it.
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
    // nextTick, not a microtask: it runs after every promise continuation that is ready, and
    // those are the callers whose items should travel together.
    if (this.#items.push(item) === 1) nextTick(this.flush);
    this.#bytes += bytes;
    if (this.#items.length >= this.#limits.count || this.#bytes >= this.#limits.bytes) this.flush();
  }

  /** Hands over what has been collected, now. */
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
