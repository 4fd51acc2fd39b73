/** A record that has a place among the records of its key. */
export interface LaneRecord {
  readonly offset: string;
  readonly key: string | undefined;
}

/** One place in a lane. It is empty while its record waits in Redis for another attempt. */
interface Place<Item> {
  readonly offset: string;
  item: Item | undefined;
}

/**
 * Keeps the records of a key in order, one at a time. The records of a key form a lane: a record starts when all records
 * before it in its lane are settled. A record that fails keeps its place while it waits for its next attempt. Records
 * without a key have no lane, and start at once.
 */
export class Lanes<Item extends LaneRecord> {
  readonly #lanes = new Map<string, Place<Item>[]>();
  #blocked = 0;

  /** How many records are here and wait for other records of their key. */
  get blocked(): number {
    return this.#blocked;
  }

  /** The offsets of empty places, whose record is in Redis. */
  gaps(): string[] {
    const places = [...this.#lanes.values()].flat();
    return places.filter(({ item }) => !item).map(({ offset }) => offset);
  }

  /** Keeps places for records that will come, oldest first. */
  expect(records: readonly LaneRecord[]): void {
    for (const { offset, key } of records) {
      if (key === undefined) continue;
      const lane = this.#laneOf(key);
      if (!lane.some((place) => place.offset === offset)) lane.push({ offset, item: undefined });
    }
  }

  /** Adds a record. Returns true when it may start now. */
  admit(item: Item): boolean {
    if (item.key === undefined) return true;
    const lane = this.#laneOf(item.key);
    const kept = lane.find(({ offset, item: there }) => offset === item.offset && !there);
    if (kept) kept.item = item;
    else lane.push({ offset: item.offset, item });
    if (lane[0]?.item === item) return true;
    this.#blocked += 1;
    return false;
  }

  /** The record waits for another attempt. The records behind it continue to wait. */
  suspend(item: Item): void {
    if (item.key === undefined) return;
    const place = this.#lanes.get(item.key)?.find((kept) => kept.item === item);
    if (place) place.item = undefined;
  }

  /** Removes a settled record. Returns the record that may start now, if there is one. */
  finish({ key, offset }: LaneRecord): Item | undefined {
    const lane = key === undefined ? undefined : this.#lanes.get(key);
    if (key === undefined || !lane) return undefined;
    const at = lane.findIndex((place) => place.offset === offset);
    if (at < 0) return undefined;
    lane.splice(at, 1);
    if (lane.length === 0) this.#lanes.delete(key);
    const next = at === 0 ? lane[0]?.item : undefined;
    if (next) this.#blocked -= 1;
    return next;
  }

  /** Removes records that no longer exist. Returns the records that may start now. */
  forget(offsets: readonly string[]): Item[] {
    const gone = new Set(offsets);
    const places = [...this.#lanes].flatMap(([key, lane]) =>
      lane.filter(({ offset }) => gone.has(offset)).map(({ offset }) => ({ key, offset })),
    );
    return places.map((place) => this.finish(place)).filter((item) => item !== undefined);
  }

  /** Removes and returns all records that wait for other records of their key. */
  takeBlocked(): Item[] {
    const items: Item[] = [];
    for (const lane of this.#lanes.values()) {
      for (const place of lane.slice(1)) {
        if (place.item) items.push(place.item);
        place.item = undefined;
      }
    }
    this.#blocked = 0;
    return items;
  }

  #laneOf(key: string): Place<Item>[] {
    const lane = this.#lanes.get(key) ?? [];
    if (lane.length === 0) this.#lanes.set(key, lane);
    return lane;
  }
}
