import type { Connection } from '@redpost/core';
import type { QueueContext } from '../context.js';
import type { Partitions } from '../partitions/partitions.js';
import type { MessageResult } from './message-result.js';
import { type ResultOptions, Results, type WatchOptions } from './results.js';

/** Results of the messages of a queue, in all its lists. */
export class AllResults {
  readonly #partitions: Partitions;
  readonly #connection: Connection;
  readonly #order: 'fifo' | 'lifo';
  #byList: Map<string, Results> | undefined;
  #isClosed = false;

  /** @param connection shared by all queues that share the channel of the notices. */
  constructor(partitions: Partitions, connection: Connection, order: 'fifo' | 'lifo') {
    this.#partitions = partitions;
    this.#connection = connection;
    this.#order = order;
  }

  /** Those of the list that messages go to which belong together by this text: by their key, or else by their id. */
  async of(together: string): Promise<Results> {
    return this.#of(await this.#partitions.listOf(together));
  }

  /** Tells how a message is, or how it has ended; undefined if nothing is known of it. */
  async result<Value>(
    id: string,
    options: ResultOptions,
  ): Promise<MessageResult<Value> | undefined> {
    const results = await this.#having(id, options);
    return results.result<Value>(id, options);
  }

  /** Tells how a message is now, and then each time that this changes, until it is through. */
  async *watch<Value>(id: string, options: WatchOptions): AsyncGenerator<MessageResult<Value>> {
    const results = await this.#having(id, options);
    yield* results.watch<Value>(id, options);
  }

  /** Rejects all who wait. */
  close(): void {
    this.#isClosed = true;
    for (const results of this.#byList?.values() ?? []) results.close();
  }

  /** Those of the list in which something is known of this message: mostly that of its id, unless it has a key. */
  async #having(id: string, { signal }: ResultOptions): Promise<Results> {
    const lists = await this.#partitions.all();
    if (lists.length === 1 || typeof id !== 'string') return this.#of(lists[0] as QueueContext);
    const own = await this.#partitions.listOf(id);
    for (const list of [own, ...lists.filter((list) => list !== own)]) {
      if (await this.#of(list).result(id, { signal })) return this.#of(list);
    }
    return this.#of(own);
  }

  #of(list: QueueContext): Results {
    const known = this.#byList?.get(list.keys.list);
    if (known) return known;
    const results = new Results(list, this.#connection, this.#order);
    if (this.#isClosed) results.close();
    this.#byList ??= new Map();
    this.#byList.set(list.keys.list, results);
    return results;
  }
}
