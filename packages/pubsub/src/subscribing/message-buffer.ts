/**
 * What becomes of a message for which there is no room:
 * - `drop-oldest`: the oldest message that waits makes room for it;
 * - `drop-newest`: it is dropped, and what waits is kept;
 * - `close`: it is dropped, and the subscription is closed. What waits can still be read;
 * - `pause`: it is kept, and no more is read from the socket, which the subscription has for itself,
 *   until half of what waits is read. Redis and the operating system keep what comes meanwhile. When
 *   that is too much for Redis it hangs up, and after `maxPauseMs` the subscription does: then
 *   `interrupted` and `resumed` follow.
 */
export type OverflowPolicy = 'drop-oldest' | 'drop-newest' | 'close' | 'pause';

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
    // What was already read from the socket has to be kept somewhere.
    const hasRoom = this.size < this.#limit || this.#policy === 'pause';
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
