import { asError, isRedpostError } from '@redpost/core';
import { newestId, pause } from '@redpost/core/consuming';
import { TrimmedError } from '../errors.js';
import type { TopicPartition } from '../partitions/generation.js';
import { beforeAll } from '../record/offset.js';
import type { Entry } from '../record/record.js';
import { type ReadResult, read } from '../scripts/read.js';
import type { TopicContext } from '../topic-context.js';
import { arrival } from './arrival.js';
import { unlessAborted } from './unless-aborted.js';

export interface PartitionReaderOptions {
  partition: TopicPartition;
  /** The offset after which to begin; `$` for the last one. */
  start: string;
  /** True when `start` is an offset that a reader has reached before, so that a gap is reported. */
  isResumed: boolean;
  /** True when all records of the partition are to be read, so that missing ones are reported from the first on. */
  isWhole: boolean;
  /** Something failed and is tried again, e.g. because Redis is away. */
  failed(error: Error): void;
}

const batch = 500;
const retryMs = 100;

/**
 * Reads one partition: first the existing records, then new ones. Every read begins after the last offset that was read,
 * so no record is skipped or duplicated at the end of the backlog, or when the connection broke. It ends when the partition gets no
 * more records, because the number of partitions has changed, and all of them were read.
 */
export class PartitionReader {
  readonly #context: TopicContext;
  readonly #options: PartitionReaderOptions;
  readonly #stream: string;
  readonly #stopping = new AbortController();
  #waiting: AbortController | undefined;
  /** True when there may be something to learn that no wait tells. */
  #isWoken = false;
  #offset: string;
  /** How many records were ever added to the stream up to `#offset`; undefined when unknown. */
  #ordinal: number | undefined;
  /** Whether missing records are reported: only after the first record was read. */
  #isUnderWay: boolean;
  /** The offset of the first record after `#offset`, if a wait has found it. */
  #successor: string | undefined;

  get partition(): number {
    return this.#options.partition.number;
  }

  constructor(context: TopicContext, options: PartitionReaderOptions) {
    this.#context = context;
    this.#options = options;
    this.#stream = options.partition.keys.stream;
    this.#offset = options.start;
    this.#isUnderWay = options.isResumed || options.isWhole;
    if (options.isWhole) this.#ordinal = 0;
  }

  /** Determines the offset of `latest`, so that all records that are published from then on are read. */
  async open(): Promise<void> {
    if (this.#offset !== '$') return;
    const last = await this.#context.connection.run(newestId, this.#stream, {
      // In the line of the stream, so that no later publish of this connection is executed before it.
      line: this.#stream,
    });
    this.#offset = last ?? beforeAll;
    this.#isUnderWay = last !== undefined;
  }

  /** Stops the reader: pending calls of `next()` resolve to undefined. */
  stop(): void {
    this.#stopping.abort();
    this.#waiting?.abort();
  }

  /** Looks again whether the partition gets more records. */
  wake(): void {
    this.#isWoken = true;
    this.#waiting?.abort();
  }

  /**
   * Resolves to the next records; undefined when the reader was stopped, or has read all that the partition ever gets.
   *
   * @throws TrimmedError once for records that were removed before they were read. The next call continues after them.
   */
  async next(): Promise<Entry[] | undefined> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      this.#isWoken = false;
      const result = await this.#read();
      if (!result) continue;
      this.#refuseGap(result);
      if (result.entries.length > 0) {
        this.#advance(result);
        return result.entries;
      }
      if (result.isClosed) return undefined;
      await this.#wait();
    }
    return undefined;
  }

  async #wait(): Promise<void> {
    if (this.#isWoken) return;
    this.#waiting = new AbortController();
    const { signal } = this.#waiting;
    if (this.#stopping.signal.aborted) this.#waiting.abort();
    const place = { stream: this.#stream, offset: this.#offset, signal };
    this.#successor = await arrival(this.#context.connection, place, this.#options.failed);
    this.#waiting = undefined;
  }

  async #read(): Promise<ReadResult | undefined> {
    const { signal } = this.#stopping;
    const { failed } = this.#options;
    try {
      const input = { stream: this.#stream, after: this.#offset, count: batch };
      // While Redis is unreachable, the answer may take long.
      return await unlessAborted(this.#context.connection.run(read, input), signal);
    } catch (error) {
      if (!isRedpostError(error) || !error.retryable) throw error;
      failed(asError(error));
      await pause(retryMs, undefined, { signal }).catch(() => {
        // Aborted: the caller's loop ends.
      });
      return undefined;
    }
  }

  /**
   * Throws a TrimmedError for missing records. Before Redis 7, and when records were deleted one by one, it may report a
   * gap although no record is missing.
   */
  #refuseGap({ entries: [oldest], isFirst, totals }: ReadResult): void {
    if (!isFirst || !totals || !oldest) return;
    const { added, length, hasDeleted } = totals;
    const removed = added === undefined || hasDeleted ? undefined : added - length;
    const known = this.#ordinal;
    this.#ordinal = removed;
    const isUnknown = removed === undefined && this.#offset === beforeAll;
    if (!this.#isUnderWay || removed === 0 || isUnknown) return;

    const missed = known === undefined || removed === undefined ? undefined : removed - known;
    const isNext = missed === undefined && oldest.offset === this.#successor;
    if (missed === 0 || isNext) return;
    this.#isUnderWay = false;
    throw new TrimmedError(this.#context.name, {
      partition: this.partition,
      after: this.#offset,
      oldest: oldest.offset,
      // A negative number means that the stream was created again.
      missed: missed === undefined || missed < 0 ? undefined : missed,
    });
  }

  #advance({ entries, totals }: ReadResult): void {
    this.#offset = (entries.at(-1) as Entry).offset;
    this.#isUnderWay = true;
    const isAtEnd = totals !== undefined && !totals.isCut && entries.length < batch;
    if (isAtEnd && totals.added !== undefined) this.#ordinal = totals.added;
    else if (this.#ordinal !== undefined) this.#ordinal += entries.length;
  }
}
