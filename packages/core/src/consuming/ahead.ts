import { clearInterval, setInterval } from '../runtime/timers.js';

/** How long a leased message may wait for a handler that does not come, in ms. */
const longestWaitMs = 100;

/**
 * Messages that are leased but not started, oldest first. When none of them was started for a
 * while, they should be returned: the handlers have become slow, and other consumers may be idle.
 */
export class Ahead<Item> {
  readonly #stuck: () => void;
  /** What was added, as it was added: taking costs the same however much there is. */
  #batches: (readonly Item[])[] = [];
  /** How many of the first batch were taken. */
  #head = 0;
  #size = 0;
  #taken = 0;
  #timer: NodeJS.Timeout | undefined;

  /** @param stuck called when none was started for a while. */
  constructor(stuck: () => void) {
    this.#stuck = stuck;
  }

  /** How many there are. */
  get size(): number {
    return this.#size;
  }

  /** Puts them behind those that are there. */
  add(items: readonly Item[]): void {
    if (items.length === 0) return;
    this.#batches.push(items);
    this.#size += items.length;
  }

  /** The oldest. */
  get next(): Item | undefined {
    return this.#batches[0]?.[this.#head];
  }

  /** Takes the oldest. */
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

  /** Puts these behind the others, each in their order; false when there are no others. */
  postpone(isLate: (item: Item) => boolean): boolean {
    const items = this.#batches.flat().slice(this.#head);
    const others = items.filter((item) => !isLate(item));
    const late = items.filter(isLate);
    this.#batches = [others, late].filter(({ length }) => length > 0);
    this.#head = 0;
    return others.length > 0;
  }

  /** Takes all, oldest first, and stops watching. */
  takeAll(): Item[] {
    const items = this.#batches.flat().slice(this.#head);
    this.#batches = [];
    this.#head = 0;
    this.#size = 0;
    this.#unwatch();
    return items;
  }

  /** Watches what is there, as long as something is. */
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
