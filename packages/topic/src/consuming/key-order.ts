import type { GroupContext } from '../group/group-context.js';
import { pendingOf } from '../scripts/roster.js';
import type { GroupKeys } from '../topic-keys.js';
import { type LaneRecord, Lanes } from './lanes.js';

/**
 * Keeps the records of each key in order also when the consumer changes: records that are pending in Redis when a session
 * begins have their place before new ones. See Lanes.
 */
export class KeyOrder<Item extends LaneRecord> extends Lanes<Item> {
  readonly #context: GroupContext;
  readonly #keys: GroupKeys;

  constructor(context: GroupContext, keys: GroupKeys) {
    super();
    this.#context = context;
    this.#keys = keys;
  }

  /**
   * Keeps places for the records that are pending in Redis.
   *
   * @param known records that are held here, acknowledged ones included until Redis confirms that.
   */
  async expectPending(known: Iterable<LaneRecord>): Promise<void> {
    const here = new Set(Array.from(known, ({ offset }) => offset));
    this.expect((await this.#pending()).filter(({ offset }) => !here.has(offset)));
  }

  /**
   * Removes the places of records that are no longer pending, because they were acknowledged elsewhere or skipped by a
   * seek. Resolves to the records that may start now.
   */
  async mend(): Promise<Item[]> {
    const gaps = this.gaps();
    if (gaps.length === 0) return [];
    const there = new Set((await this.#pending()).map(({ offset }) => offset));
    return this.forget(gaps.filter((offset) => !there.has(offset)));
  }

  #pending(): Promise<LaneRecord[]> {
    const { topic, group } = this.#context;
    return pendingOf(topic.connection, { keys: this.#keys, group });
  }
}
