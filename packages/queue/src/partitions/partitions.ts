import { type CallOptions, InvalidArgumentError, isRedpostError, wholeNumber } from '@redpost/core';
import { performance } from '@redpost/core/consuming';
import type { QueueContext } from '../context.js';
import { keysAt, type QueueKeys } from '../keys.js';
import { setPartitions } from '../scripts/set-partitions.js';
import { type Division, divisionFields, divisionOf, undivided } from './division.js';
import { partitionList } from './partition-list.js';
import { partitionOf } from './partition-of.js';

/** For how long what is known of a divided queue is used before it is read again, in ms. */
const freshMs = 30_000;

/**
 * The lists of a queue: that of its name, and those of its partitions. How a queue is divided stands in its shape, so that all
 * processes know it. A queue that is not divided has one list.
 */
export class Partitions<Body = unknown> {
  readonly #main: QueueContext<Body>;
  readonly #contextOf: (keys: QueueKeys) => QueueContext<Body>;
  readonly #wanted: number | undefined;
  /** Undefined until it is known. */
  #division: Division | undefined;
  #learning: Promise<void> | undefined;
  #learnedAt = 0;
  readonly #contexts: QueueContext<Body>[];

  /**
   * @param main the list of the queue's name.
   * @param contextOf makes the same for the list of a partition.
   * @param options `wanted` is into how many partitions the queue is to be divided if it is not divided yet, undefined to leave it as
   *   it is; `isWhole` is true for a list that is another system's, and never divided.
   */
  constructor(
    main: QueueContext<Body>,
    contextOf: (keys: QueueKeys) => QueueContext<Body>,
    { wanted, isWhole }: { wanted: number | undefined; isWhole: boolean },
  ) {
    this.#main = main;
    this.#contextOf = contextOf;
    this.#wanted = wanted;
    this.#contexts = [main];
    if (isWhole) this.#division = undivided;
  }

  /** The name of the queue. */
  get name(): string {
    return this.#main.name;
  }

  /** True when it is known how the queue is divided. */
  get isKnown(): boolean {
    return this.#division !== undefined;
  }

  /** Among how many partitions new messages are shared, as far as is known; 0 for a queue that is not divided. */
  get count(): number {
    return this.#division?.count ?? 0;
  }

  /** What is known of the lists: that of the queue's name comes first. */
  get known(): readonly QueueContext<Body>[] {
    return this.#contexts;
  }

  /** All lists that may have messages: that of the queue's name comes first. */
  async all(): Promise<readonly QueueContext<Body>[]> {
    await this.learn();
    return this.#contexts;
  }

  /** The lists of the partitions that new messages go to. Of a queue that is not divided, that of its name. */
  async current(): Promise<readonly QueueContext<Body>[]> {
    await this.learn();
    return this.count === 0 ? this.#contexts : this.#contexts.slice(1, 1 + this.count);
  }

  /** The list that messages go to which belong together by this text. */
  async listOf(together: string): Promise<QueueContext<Body>> {
    await this.learn();
    const at = this.count === 0 ? 0 : 1 + partitionOf(together, this.count);
    return this.#contexts[at] as QueueContext<Body>;
  }

  /**
   * Resolves when it is known how the queue is divided, now or lately.
   *
   * @throws what Redis says when it cannot be asked: nothing was sent.
   */
  async learn(options: CallOptions = {}): Promise<void> {
    if (this.isKnown && !this.#isOld) return;
    this.#learning ??= this.#read(options).finally(() => {
      this.#learning = undefined;
    });
    try {
      await this.#learning;
    } catch (error) {
      if (!this.isKnown) throw error;
    }
  }

  /** Reads again, in the background, what may have changed. */
  refresh(): void {
    if (this.#isOld) void this.learn();
  }

  /** The queue is divided so now. */
  heard(division: Division): void {
    this.#learnedAt = performance.now();
    const { count, lists } = this.#division ?? undivided;
    if (this.isKnown && count === division.count && lists === division.lists) return;
    for (let index = this.#contexts.length - 1; index < division.lists; index += 1) {
      this.#contexts.push(this.#contextOf(keysAt(partitionList(this.#main.name, index))));
    }
    this.#division = division;
  }

  get #isOld(): boolean {
    return this.count > 0 && performance.now() - this.#learnedAt > freshMs;
  }

  async #read(options: CallOptions): Promise<void> {
    const { connection, keys } = this.#main;
    const count = this.#wanted;
    if (count !== undefined) {
      this.heard(await connection.run(setPartitions, { keys, count, isFirst: true }, options));
      return;
    }
    try {
      this.heard(await readDivision(this.#main, options));
    } catch (error) {
      // Who may not read that can send all the same: what is in the list of the queue's name is handled, too.
      if (!isRedpostError(error, 'SERVER')) throw error;
      this.heard(undivided);
    }
  }
}

/** Reads how a queue is divided. @param main the list of the queue's name. */
export async function readDivision(
  { connection, keys }: QueueContext,
  options: CallOptions = {},
): Promise<Division> {
  const fields = await connection.call('HMGET', [keys.shape, ...divisionFields], options);
  const [count, lists] = (fields as (Buffer | null)[]).map((field) => field?.toString());
  return divisionOf(count, lists);
}

/** How many partitions a queue can have. */
const most = 128;

/** @throws InvalidArgumentError for a number that cannot be. @param isForeign true for a list that is another system's. */
export function checkedPartitions(count: unknown, isForeign = false): number | undefined {
  if (count === undefined) return undefined;
  if (isForeign) {
    throw new InvalidArgumentError(
      'partitions is for queues of redpost, and a codec that only decodes is for lists of other systems',
    );
  }
  return wholeNumber('partitions', count, { min: 1, max: most });
}
