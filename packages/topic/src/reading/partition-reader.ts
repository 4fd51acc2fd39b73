import { asError, isRedpostError } from '@redpost/core';
import { newestId, pause } from '@redpost/core/consuming';
import { TrimmedError } from '../errors.js';
import { beforeAll } from '../record/offset.js';
import type { Entry } from '../record/record.js';
import { type ReadResult, read } from '../scripts/read.js';
import type { TopicContext } from '../topic-context.js';
import { arrival } from './arrival.js';
import { unlessAborted } from './unless-aborted.js';

export interface PartitionReaderOptions {
  partition: number;
  /** The offset after which to begin, `$` for the last one there is. */
  start: string;
  /** True when `start` is an offset that a reader has reached before, so that a gap matters. */
  isResumed: boolean;
  /** Something failed and is tried again, e.g. because Redis is away. */
  failed(error: Error): void;
}

const batch = 500;
const retryMs = 100;

/**
 * Reads one partition on and on: what there is, then what comes. Every read begins after the last
 * offset that was read, so nothing is left out or doubled where the backlog ends, or where the
 * connection broke.
 */
export class PartitionReader {
  readonly #context: TopicContext;
  readonly #options: PartitionReaderOptions;
  readonly #stream: string;
  readonly #stopping = new AbortController();
  #offset: string;
  /** How many records had been added to the stream up to `#offset`; undefined when unknown. */
  #ordinal: number | undefined;
  /** Whether missing records are to be reported: not before the first one was read. */
  #isUnderWay: boolean;
  /** The first record after `#offset`, as far as waiting for it has told. */
  #successor: string | undefined;

  get partition(): number {
    return this.#options.partition;
  }

  constructor(context: TopicContext, options: PartitionReaderOptions) {
    this.#context = context;
    this.#options = options;
    this.#stream = context.keys.partitions[options.partition]?.stream ?? '';
    this.#offset = options.start;
    this.#isUnderWay = options.isResumed;
  }

  /** Fixes where `latest` is, so that what is published from then on is read. */
  async open(): Promise<void> {
    if (this.#offset !== '$') return;
    const last = await this.#context.connection.run(newestId, this.#stream, {
      // Nothing that is published later overtakes it.
      line: this.#stream,
    });
    this.#offset = last ?? beforeAll;
    this.#isUnderWay = last !== undefined;
  }

  /** Lets callers go that wait for the next records. */
  stop(): void {
    this.#stopping.abort();
  }

  /**
   * The next records; undefined when it was stopped.
   *
   * @throws TrimmedError once for records that were removed unread. The next call goes on behind
   * them.
   */
  async next(): Promise<Entry[] | undefined> {
    const { signal } = this.#stopping;
    const { failed } = this.#options;
    while (!signal.aborted) {
      const result = await this.#read();
      if (!result) continue;
      this.#refuseGap(result);
      if (result.entries.length > 0) {
        this.#advance(result);
        return result.entries;
      }
      const place = { stream: this.#stream, offset: this.#offset, signal };
      this.#successor = await arrival(this.#context.connection, place, failed);
    }
    return undefined;
  }

  async #read(): Promise<ReadResult | undefined> {
    const { signal } = this.#stopping;
    const { failed } = this.#options;
    try {
      const input = { stream: this.#stream, after: this.#offset, count: batch };
      // While Redis is away, its answer may be a long time coming.
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

  /** Before Redis 7, and when records were deleted one by one, there may be a gap of 0 records. */
  #refuseGap({ entries: [oldest], isFirst, totals }: ReadResult): void {
    if (!isFirst || !totals || !oldest) return;
    const { added, length, hasDeleted } = totals;
    const removed = added === undefined || hasDeleted ? undefined : added - length;
    const known = this.#ordinal;
    this.#ordinal = removed;
    if (!this.#isUnderWay || removed === 0) return;

    const missed = known === undefined || removed === undefined ? undefined : removed - known;
    const isNext = missed === undefined && oldest.offset === this.#successor;
    if (missed === 0 || isNext) return;
    this.#isUnderWay = false;
    throw new TrimmedError(this.#context.name, {
      partition: this.#options.partition,
      after: this.#offset,
      oldest: oldest.offset,
      // The stream was made anew if it is less than none.
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
