import { type CallOptions, isRedpostError } from '@redpost/core';
import { asError, performance } from '@redpost/core/consuming';
import type { TopicPartition } from '../partitions/generation.js';
import { trim } from '../scripts/trim.js';
import { mostTrimmed, trimFormer } from '../scripts/trim-former.js';
import type { TopicContext } from '../topic-context.js';
import type { CheckedRetention } from '../topic-options.js';

export interface FormerRetentionOptions extends CallOptions {
  retention: CheckedRetention;
  /** Retention removed records that some group had not acknowledged. */
  cut(partition: number, records: number): void;
  failed(error: Error): void;
}

/** How often it is applied at most, in ms. */
const everyMs = 10_000;

/**
 * Applies retention to the partitions that a topic had before the number of its partitions was changed, where nobody publishes any more, so
 * that this publisher does it now and then.
 */
export class FormerRetention {
  readonly #context: TopicContext;
  readonly #options: FormerRetentionOptions;
  /** Partitions without records: they get no more. */
  readonly #empty = new WeakSet<TopicPartition>();
  #lastAt = Number.NEGATIVE_INFINITY;

  constructor(context: TopicContext, options: FormerRetentionOptions) {
    this.#context = context;
    this.#options = options;
  }

  /** True when there is something to do. */
  get isDue(): boolean {
    const { former } = this.#context.generations;
    return former.length > 0 && performance.now() - this.#lastAt >= everyMs;
  }

  /** Never rejects. */
  async apply(): Promise<void> {
    this.#lastAt = performance.now();
    const former = this.#context.generations.former.flatMap(({ partitions }) => partitions);
    try {
      for (const partition of former) {
        if (!this.#empty.has(partition)) await this.#trim(partition);
      }
    } catch (error) {
      if (!isRedpostError(error, 'CLOSED')) this.#options.failed(asError(error));
    }
  }

  async #trim(partition: TopicPartition): Promise<void> {
    const { retention, cut, timeoutMs } = this.#options;
    const { connection } = this.#context;
    const { keys, number } = partition;
    const input = { keys, ...retention };
    for (let removed = mostTrimmed; removed === mostTrimmed; ) {
      // The whole nodes first, because it removes many at a time.
      const inNodes = await connection.run(trim, input, { timeoutMs });
      if (inNodes > 0) cut(number, inNodes);
      const result = await connection.run(trimFormer, input, { timeoutMs });
      removed = result.removed;
      if (result.cut > 0) cut(number, result.cut);
      if (result.left === 0) this.#empty.add(partition);
    }
  }
}
