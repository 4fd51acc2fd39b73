/** What a {@link HeldList} can hold. Only the list uses these fields. */
export interface Holdable {
  earlier: this | undefined;
  later: this | undefined;
  isListed: boolean;
}

/**
 * What a consumer holds, oldest first. It is a doubly linked list through the items themselves, so adding and removing
 * one of millions of items has a constant cost, anywhere in the list. A `Map` with so many changes replaces its table
 * again and again, and until the next full garbage collection each replaced table keeps its items alive: a busy consumer
 * spent half of its time there.
 */
export class HeldList<Item extends Holdable> implements Iterable<Item> {
  #oldest: Item | undefined;
  #newest: Item | undefined;
  #size = 0;

  /** How many items are in the list. */
  get size(): number {
    return this.#size;
  }

  /** Adds an item at the end. */
  add(item: Item): void {
    item.isListed = true;
    item.earlier = this.#newest;
    if (this.#newest) this.#newest.later = item;
    else this.#oldest = item;
    this.#newest = item;
    this.#size += 1;
  }

  /** Does nothing for an item that is not in the list. */
  remove(item: Item): void {
    if (!item.isListed) return;
    const { earlier, later } = item;
    if (earlier) earlier.later = later;
    else this.#oldest = later;
    if (later) later.earlier = earlier;
    else this.#newest = earlier;
    item.isListed = false;
    this.#size -= 1;
    item.earlier = undefined;
    item.later = undefined;
  }

  /** Empties the list, and returns what was in it, oldest first. */
  removeAll(): Item[] {
    const items = [...this];
    for (const item of items) this.remove(item);
    return items;
  }

  /** Oldest first. The list must not change meanwhile. */
  *[Symbol.iterator](): Iterator<Item> {
    for (let item = this.#oldest; item; item = item.later) yield item;
  }
}
