/**
 * What happens to a message when the buffer is full:
 * - `drop-oldest`: the oldest waiting message is dropped instead;
 * - `drop-newest`: the message is dropped, and the waiting ones are kept;
 * - `close`: the message is dropped, and the subscription is closed. The waiting ones can still be read;
 * - `pause`: the message is kept, and the subscription stops reading from its own socket until half of the
 *   waiting messages are read. Redis and the operating system keep the messages that come meanwhile. When
 *   these are too many for Redis, it closes the connection; after `maxPauseMs` the subscription does. Then
 *   `interrupted` and `resumed` follow.
 */
export type OverflowPolicy = 'drop-oldest' | 'drop-newest' | 'close' | 'pause';

/** The smallest number of read places worth removing: with fewer, moving the rest costs more than it frees. */
const worthRemoving = 1024;

/** Messages between their arrival and their reader, in order and never more than a limit. */
export class MessageBuffer<Item> {
  readonly #limit: number;
  readonly #policy: OverflowPolicy;
  #items: (Item | undefined)[] = [];
  /** The position of the oldest item. The items before it have been read. */
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
    // Messages that were already read from the socket have to be kept.
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

  /** Replaces those that are still there of the last so many items that were pushed. */
  replaceNewest(count: number, replace: (item: Item) => Item): void {
    for (
      let at = Math.max(this.#head, this.#items.length - count);
      at < this.#items.length;
      at += 1
    ) {
      this.#items[at] = replace(this.#items[at] as Item);
    }
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
