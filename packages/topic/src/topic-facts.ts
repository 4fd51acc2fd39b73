import type { Connection } from '@redpost/core';
import { PartitionCountError } from './errors.js';
import { settle } from './scripts/settle.js';

/** What was decided when the topic was made, and cannot be changed: how many partitions it has. */
export class TopicFacts {
  /** How many partitions this side opened it with; undefined for none. */
  readonly partitions: number | undefined;
  readonly #topic: string;
  readonly #key: string;
  readonly #connection: Connection;
  #settled: Promise<void> | undefined;
  #isSettled = false;

  constructor(options: {
    topic: string;
    key: string;
    connection: Connection;
    partitions: number | undefined;
  }) {
    this.#topic = options.topic;
    this.#key = options.key;
    this.#connection = options.connection;
    this.partitions = options.partitions;
  }

  /** True when Redis has confirmed them. */
  get isSettled(): boolean {
    return this.#isSettled;
  }

  /**
   * Writes them if nobody did, and compares them if somebody did. Asks Redis once.
   *
   * @throws PartitionCountError
   */
  settled(): Promise<void> {
    this.#settled ??= this.#settle().catch((error) => {
      this.#settled = undefined;
      throw error;
    });
    return this.#settled;
  }

  /** They are no longer there: the next one that needs them writes them anew. */
  forget(): void {
    this.#settled = undefined;
    this.#isSettled = false;
  }

  /** Compares them if somebody wrote them, and leaves a topic that does not exist alone. */
  async checked(): Promise<void> {
    if (this.#isSettled) return;
    const partitions = await this.#connection.call('HGET', [this.#key, 'partitions']);
    if (partitions !== null) this.#compare(Number(partitions));
  }

  async #settle(): Promise<void> {
    const input = { key: this.#key, partitions: this.partitions ?? 0 };
    this.#compare(await this.#connection.run(settle, input));
    this.#isSettled = true;
  }

  #compare(partitions: number): void {
    if (partitions === (this.partitions ?? 0)) return;
    throw new PartitionCountError(this.#topic, partitions || undefined, this.partitions);
  }
}
