import { type CallOptions, InvalidArgumentError, isRedpostError, wholeNumber } from '@redpost/core';
import { performance } from '@redpost/core/consuming';
import type { QueueContext } from '../context.js';
import { keysAt, type QueueKeys } from '../keys.js';
import { type Division, divisionFields, divisionOf, undivided } from './division.js';
import { FormerPlaces, placeIn } from './former-places.js';
import { partitionList } from './partition-list.js';

/** For how long what is known of a divided queue is used before it is read again, in ms. */
const freshMs = 30_000;

/**
 * The lists of a queue: that of its name, and those of its partitions. How a queue is divided stands in its shape, so that all
 * processes know it. A queue that is not divided has one list.
 */
export class Partitions {
  readonly #main: QueueContext;
  readonly #contextOf: (keys: QueueKeys) => QueueContext;
  readonly #divide: ((count: number) => Promise<Division>) | undefined;
  readonly #wanted: number | undefined;
  readonly #formerPlaces: FormerPlaces;
  #count = 0;
  /** Undefined until it is known. */
  #division: Division | undefined;
  #learning: Promise<void> | undefined;
  #learnedAt = 0;
  #isSentTo = false;
  readonly #contexts: QueueContext[];

  /**
   * @param main the list of the queue's name.
   * @param contextOf makes the same for the list of a partition.
   * @param divide divides the queue into so many partitions, unless it is divided already.
   * @param wanted into how many it is to be divided; undefined to leave it as it is.
   */
  constructor(
    main: QueueContext,
    contextOf: (keys: QueueKeys) => QueueContext,
    divide?: (count: number) => Promise<Division>,
    wanted?: number,
  ) {
    this.#main = main;
    this.#contextOf = contextOf;
    this.#divide = divide;
    this.#wanted = wanted;
    this.#contexts = [main];
    this.#formerPlaces = new FormerPlaces(() => this.#contexts);
  }

  /** The list of the queue's name. */
  get main(): QueueContext {
    return this.#main;
  }

  /** The name of the queue. */
  get name(): string {
    return this.#main.name;
  }

  /** True when it is known how the queue is divided. */
  get isKnown(): boolean {
    return this.#division !== undefined;
  }

  /** How it is divided, as far as is known. */
  get division(): Division {
    return this.#division ?? undivided;
  }

  /** Among how many partitions new messages are shared, as far as is known; 0 for a queue that is not divided. */
  get count(): number {
    return this.#count;
  }

  /** What is known of the lists: that of the queue's name comes first. */
  get known(): readonly QueueContext[] {
    return this.#contexts;
  }

  /** All lists that may have messages: that of the queue's name comes first. */
  async all(): Promise<readonly QueueContext[]> {
    await this.learn();
    return this.#contexts;
  }

  /** The list that messages go to which belong together by this text, once nothing waits any more where they went before. */
  async listOf(together: string): Promise<QueueContext> {
    await this.learn();
    return this.#contexts[this.placeNow(together)] as QueueContext;
  }

  /** The number of this list, as far as is known: 0 for that of the queue's name. */
  placeNow(together: string): number {
    return placeIn(this.count, together);
  }

  /** True when a message that belongs to others by this text may have to go somewhere else: `ask()` tells. */
  mayDiffer(together: string): boolean {
    return this.#isMoving || this.#isOld || this.#formerPlaces.has(together);
  }

  /** Asks where such a message may go. Each answer is to be followed by `begin()`. */
  async ask(together: string, options: CallOptions = {}): Promise<number> {
    await this.learn(options);
    return this.#formerPlaces.ask(together, this.division);
  }

  /**
   * It is sent now. Returns the number of the list that it goes to, and whether `settled()` is to be called.
   *
   * @param place what `ask()` has told, or `placeNow()` some time ago.
   */
  begin(together: string, place: number, wasAsked: boolean): { at: number; isDetour: boolean } {
    const now = this.placeNow(together);
    const at = this.#formerPlaces.begin(together, place, now, wasAsked);
    return { at, isDetour: at !== now };
  }

  /** What was sent on a detour is there, or is not. */
  settled(together: string): void {
    this.#formerPlaces.settled(together);
  }

  get #isMoving(): boolean {
    const { before, count } = this.division;
    return before !== undefined && before !== count;
  }

  /** True when messages may be in this list whose keys belong to another one. */
  hasForeignKeys(at: number): boolean {
    return at === 0 ? this.count > 0 : this.division.wasChanged;
  }

  /** The list of the partition that a key belongs to; undefined when it is this one. */
  otherListOf(key: string, at: number): string | undefined {
    const place = this.placeNow(key);
    return place === at ? undefined : this.#contexts[place]?.keys.list;
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

  /** Reads again how it is divided. */
  async reread(): Promise<void> {
    await this.learn();
    await this.#read({});
  }

  /** From now on, messages are sent to partitions. */
  noteSends(): void {
    this.#isSentTo = true;
  }

  /** The queue was destroyed here: what is sent next begins a new one. */
  forget(): void {
    this.#division = undefined;
    this.#count = 0;
    this.#isSentTo = false;
    this.#contexts.length = 1;
    this.#formerPlaces.clear();
  }

  /** Reads again, in the background, how a divided queue is divided now. */
  refresh(): void {
    if (this.#isOld) void this.learn();
  }

  /** The queue is divided so now. */
  heard(division: Division): void {
    this.#learnedAt = performance.now();
    this.withLists(division.lists);
    this.#division = division;
    this.#count = division.count;
    this.#formerPlaces.review(division.count);
  }

  /** All lists, and those that there are with so many partitions. */
  withLists(partitions: number): readonly QueueContext[] {
    for (let index = this.#contexts.length - 1; index < partitions; index += 1) {
      this.#contexts.push(this.#contextOf(keysAt(partitionList(this.#main.name, index))));
    }
    return this.#contexts;
  }

  get #isOld(): boolean {
    return performance.now() - this.#learnedAt > freshMs;
  }

  async #read(options: CallOptions): Promise<void> {
    const known = this.#division;
    if (!known && this.#divide && this.#wanted !== undefined) {
      this.heard(await this.#divide(this.#wanted));
      return;
    }
    try {
      const division = await readDivision(this.#main, options);
      const isForgotten = known !== undefined && division.lists < known.lists;
      // Redis has lost it, or another process has destroyed the queue. Consumers have to find what was sent to partitions since.
      if (isForgotten && this.#isSentTo && this.#divide) {
        this.heard(await this.#divide(known.count));
      } else this.heard(division);
    } catch (error) {
      // Who may not read that can send all the same: what is in the list of the queue's name is handled, too.
      const isDenied = isRedpostError(error, 'SERVER') && !error.retryable;
      if (known || !isDenied) throw error;
      this.heard(undivided);
    }
  }
}

/** Reads how a queue is divided. @param main the list of the queue's name. */
export async function readDivision(
  { connection, keys }: Pick<QueueContext, 'connection' | 'keys'>,
  options: CallOptions = {},
): Promise<Division> {
  const fields = await connection.call('HMGET', [keys.shape, ...divisionFields], options);
  return divisionOf(...(fields as (Buffer | null)[]).map((field) => field?.toString()));
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
