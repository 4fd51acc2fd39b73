/**
 * What becomes of a message for which there is no room:
 * - `drop-oldest`: the oldest message that waits makes room for it;
 * - `drop-newest`: it is dropped, and what waits is kept;
 * - `close`: it is dropped, and the subscription is closed. What waits can still be read.
 */
export type OverflowPolicy = 'drop-oldest' | 'drop-newest' | 'close';

/** The fewest read places worth removing: below that, moving the rest costs more than it frees. */
const worthRemoving = 1024;

/** Messages between their arrival and their reader, in order and never more than a limit. */
export class MessageBuffer<Item> {
  readonly #limit: number;
  readonly #policy: OverflowPolicy;
  #items: (Item | undefined)[] = [];
  /** Where the oldest item is; what stands before it has been read. */
  #head = 0;

  constructor(limit: number, policy: OverflowPolicy) {
    this.#limit = limit;
    this.#policy = policy;
  }

  get size(): number {
    return this.#items.length - this.#head;
  }

  /** Returns false when a message was lost: this one or, with `drop-oldest`, another. */
  push(item: Item): boolean {
    const hasRoom = this.size < this.#limit;
    if (!hasRoom) {
      if (this.#policy !== 'drop-oldest') return false;
      this.shift();
    }
    this.#items.push(item);
    return hasRoom;
  }

  /** Takes the oldest item out. */
  shift(): Item | undefined {
    if (this.#head === this.#items.length) return undefined;
    const item = this.#items[this.#head];
    this.#items[this.#head++] = undefined;
    if (this.#head === this.#items.length) this.clear();
    else if (this.#head >= worthRemoving && this.#head * 2 >= this.#items.length) this.#compact();
    return item;
  }

  clear(): void {
    this.#items = [];
    this.#head = 0;
  }

  #compact(): void {
    this.#items = this.#items.slice(this.#head);
    this.#head = 0;
  }
}
