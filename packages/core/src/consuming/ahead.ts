import { clearInterval, setInterval } from '../runtime/timers.js';

/** How long leased messages may wait while no handler starts, in ms. */
const longestWaitMs = 100;

/**
 * Messages that are leased but not started, oldest first. When none of them was started for a while, the handlers have
 * become slow, and the messages should be returned, because other consumers may be idle.
 */
export class Ahead<Item> {
  readonly #stuck: () => void;
  /** The arrays that were added, not copied, so that taking a message has a constant cost. */
  #batches: (readonly Item[])[] = [];
  /** How many messages of the first array were taken. */
  #head = 0;
  #size = 0;
  #taken = 0;
  #timer: NodeJS.Timeout | undefined;

  /** @param stuck called when no message was started for a while. */
  constructor(stuck: () => void) {
    this.#stuck = stuck;
  }

  /** How many messages there are. */
  get size(): number {
    return this.#size;
  }

  /** Adds messages at the end. */
  add(items: readonly Item[]): void {
    if (items.length === 0) return;
    this.#batches.push(items);
    this.#size += items.length;
  }

  /** The oldest message. */
  get next(): Item | undefined {
    return this.#batches[0]?.[this.#head];
  }

  /** Takes the oldest message. */
  take(): Item | undefined {
    const [batch] = this.#batches;
    if (!batch) return undefined;
    const item = batch[this.#head];
    this.#head += 1;
    this.#size -= 1;
    this.#taken += 1;
    if (this.#head === batch.length) {
      this.#batches.shift();
      this.#head = 0;
    }
    return item;
  }

  /** Moves the late messages behind the others, both in their order. Returns false when all are late. */
  postpone(isLate: (item: Item) => boolean): boolean {
    const items = this.#batches.flat().slice(this.#head);
    const others = items.filter((item) => !isLate(item));
    const late = items.filter(isLate);
    this.#batches = [others, late].filter(({ length }) => length > 0);
    this.#head = 0;
    return others.length > 0;
  }

  /** Takes all messages, oldest first, and stops the watch. */
  takeAll(): Item[] {
    const items = this.#batches.flat().slice(this.#head);
    this.#batches = [];
    this.#head = 0;
    this.#size = 0;
    this.#unwatch();
    return items;
  }

  /** Watches whether messages are started, as long as there are any. */
  watch(): void {
    if (this.#timer || this.#size === 0) return;
    let takenBefore = this.#taken;
    this.#timer = setInterval(() => {
      if (this.#size === 0) return this.#unwatch();
      if (this.#taken === takenBefore) this.#stuck();
      takenBefore = this.#taken;
    }, longestWaitMs).unref();
  }

  #unwatch(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
