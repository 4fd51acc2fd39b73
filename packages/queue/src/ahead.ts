/** How long a leased message may wait for a handler that does not come, in ms. */
const longestWaitMs = 100;

/**
 * Messages that are leased but not started, oldest first. When none of them was started for a
 * while, they should be given back: the handlers have become slow, and other consumers may be idle.
 */
export class Ahead<Item> {
  readonly #stuck: () => void;
  #items: Item[] = [];
  /** Where the oldest item is: moving an index is cheaper than moving the items. */
  #head = 0;
  #taken = 0;
  #timer: NodeJS.Timeout | undefined;

  /** @param stuck called when none was started for a while. */
  constructor(stuck: () => void) {
    this.#stuck = stuck;
  }

  get size(): number {
    return this.#items.length - this.#head;
  }

  add(items: readonly Item[]): void {
    for (const item of items) this.#items.push(item);
    if (!this.#timer && this.size > 0) this.#watch();
  }

  /** Takes the oldest. */
  take(): Item | undefined {
    const item = this.#items[this.#head];
    if (item === undefined) return undefined;
    this.#head += 1;
    this.#taken += 1;
    if (this.#head === this.#items.length) {
      this.#items = [];
      this.#head = 0;
    }
    return item;
  }

  takeAll(): Item[] {
    const items = this.#items.slice(this.#head);
    this.#items = [];
    this.#head = 0;
    this.#unwatch();
    return items;
  }

  #watch(): void {
    let takenBefore = this.#taken;
    this.#timer = setInterval(() => {
      if (this.size === 0) return this.#unwatch();
      if (this.#taken === takenBefore) this.#stuck();
      takenBefore = this.#taken;
    }, longestWaitMs).unref();
  }

  #unwatch(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
