import { InvalidArgumentError } from '@redpost/core';
import { asError, clearInterval, pause, setInterval } from '@redpost/core/consuming';
import type { Generation } from '../partitions/generation.js';
import { beforeAll } from '../record/offset.js';
import type { TopicContext } from '../topic-context.js';
import { PartitionReader } from './partition-reader.js';
import { unlessAborted } from './unless-aborted.js';

export interface CourseOptions {
  /** The offset after which to begin; `$` for the last one. */
  start: string;
  /** True when `start` is an offset of one partition. */
  isResumed: boolean;
  /** True when `start` is a time, and holds for all partitions. */
  isTime: boolean;
  /** Only this partition, if there is one. */
  partition: number | undefined;
  /** Something failed and is tried again, e.g. because Redis is away. */
  failed(error: Error): void;
}

/** How often a reader asks whether the number of partitions has changed, in ms: nothing tells it. */
const lookMs = 5000;
/** How long it waits at first, when a change is under way. */
const soonMs = 50;

/**
 * Which partitions a reader reads, one generation after the other: those of the next one only when all records of the former one were
 * read. So records of a key keep their order when the number of partitions changes.
 */
export class Course {
  readonly #context: TopicContext;
  readonly #options: CourseOptions;
  readonly #ending = new AbortController();
  #generation: Generation;
  #readers: readonly PartitionReader[] = [];
  #timer: NodeJS.Timeout | undefined;
  #unlisten = () => {};

  constructor(context: TopicContext, options: CourseOptions) {
    this.#context = context;
    this.#options = options;
    this.#generation = context.generations.current;
    // What is known is refused at once, and the rest when Redis has told of it.
    if (!context.generations.isDeclared && options.partition !== undefined) return;
    this.#check();
  }

  /**
   * Resolves to the readers to begin with.
   *
   * @throws InvalidArgumentError for a partition that does not exist, and for an offset without a partition.
   */
  async open(): Promise<readonly PartitionReader[]> {
    const { generations } = this.#context;
    const isLatest = this.#options.start === '$';
    const assumed = generations.current;
    // At once, and not when it is known whether there are others, because `latest` means the time of this call.
    const opening = isLatest ? this.#open(assumed, '$', false) : undefined;
    await Promise.all([generations.checked(), opening]);
    this.#check();
    const chosen = this.#chosenGeneration(isLatest ? generations.current : generations.all[0]);
    const readers =
      chosen === assumed && opening ? opening : this.#open(chosen, this.#options.start, false);
    this.#generation = chosen;
    this.#readers = await readers;
    return this.#readers;
  }

  /** Begins to look for changes of the number of partitions. */
  watch(): void {
    const { generations } = this.#context;
    this.#unlisten = generations.onChange(() => this.#changed());
    this.#timer = setInterval(() => void this.#look(), lookMs).unref();
  }

  /** All readers have ended. Resolves to those of the next partitions; undefined when nothing more will come. */
  async next(): Promise<readonly PartitionReader[] | undefined> {
    if (this.#options.partition !== undefined) return undefined;
    for (let waitMs = soonMs; ; waitMs = Math.min(2 * waitMs, lookMs)) {
      if (this.#ending.signal.aborted) return undefined;
      const following = this.#following();
      if (following) {
        const { isTime, start } = this.#options;
        this.#generation = following;
        this.#readers = await this.#open(following, isTime ? start : beforeAll, !isTime);
        return this.#readers;
      }
      // The partitions are closed, and the new ones are not announced yet.
      await this.#look();
      if (!this.#following()) await this.#pause(waitMs);
    }
  }

  /** Ends all readers. */
  end(): void {
    clearInterval(this.#timer);
    this.#unlisten();
    this.#ending.abort();
    for (const reader of this.#readers) reader.stop();
  }

  /** The generation behind the one that was read; the oldest one when Redis has lost the topic meanwhile. */
  #following(): Generation | undefined {
    const { all } = this.#context.generations;
    return all[all.indexOf(this.#generation) + 1];
  }

  #changed(): void {
    const isLost = !this.#context.generations.all.includes(this.#generation);
    for (const reader of this.#readers) {
      if (isLost) reader.stop();
      else reader.wake();
    }
  }

  async #look(): Promise<void> {
    try {
      await unlessAborted(this.#context.generations.checked(), this.#ending.signal);
      for (const reader of this.#readers) reader.wake();
    } catch (error) {
      this.#options.failed(asError(error));
    }
  }

  #pause(ms: number): Promise<unknown> {
    const { signal } = this.#ending;
    return pause(ms, undefined, { signal }).catch(() => {
      // Aborted: the loop ends.
    });
  }

  #chosenGeneration(generation: Generation | undefined): Generation {
    const { partition } = this.#options;
    const { all, current } = this.#context.generations;
    if (partition === undefined) return generation ?? current;
    const has = (each: Generation) => each.partitions.some(({ number }) => number === partition);
    return all.find(has) ?? current;
  }

  #open(generation: Generation, start: string, isWhole: boolean): Promise<PartitionReader[]> {
    const { isResumed, partition: only, failed } = this.#options;
    const partitions = generation.partitions.filter(({ number }) => (only ?? number) === number);
    return Promise.all(
      partitions.map(async (partition) => {
        const options = { partition, start, isResumed: isResumed && !isWhole, isWhole, failed };
        const reader = new PartitionReader(this.#context, options);
        await reader.open();
        return reader;
      }),
    );
  }

  #check(): void {
    const { partition, isResumed } = this.#options;
    const { partitions } = this.#context.generations;
    if (partition !== undefined) {
      if (this.#context.generations.partition(partition)) return;
      const numbers = partitions.map(({ number }) => number);
      const [first, last] = [Math.min(...numbers), Math.max(...numbers)];
      throw new InvalidArgumentError(
        `partition is a number from ${first} to ${last} in this topic, got ${partition}`,
      );
    }
    if (isResumed && partitions.length > 1) {
      throw new InvalidArgumentError(
        'An offset belongs to one partition: name it with the option `partition`',
      );
    }
  }
}
