import type { Connection } from '@redpost/core';
import { PartitionCountError } from './errors.js';
import { declare } from './scripts/declare.js';

/** What was declared when the topic was made, and cannot be changed: how many partitions it has. */
export class TopicFacts {
  /** How many partitions this side opened it with; undefined for none. */
  readonly partitions: number | undefined;
  readonly #topic: string;
  readonly #key: string;
  readonly #connection: Connection;
  #declared: Promise<void> | undefined;
  #isDeclared = false;

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
  get isDeclared(): boolean {
    return this.#isDeclared;
  }

  /**
   * Writes them if nobody did, and compares them if somebody did. Asks Redis once.
   *
   * @throws PartitionCountError
   */
  declared(): Promise<void> {
    this.#declared ??= this.#declare().catch((error) => {
      this.#declared = undefined;
      throw error;
    });
    return this.#declared;
  }

  /** They are no longer there: the next one that needs them writes them anew. */
  forget(): void {
    this.#declared = undefined;
    this.#isDeclared = false;
  }

  /** Compares them if somebody wrote them, and leaves a topic that does not exist alone. */
  async checked(): Promise<void> {
    if (this.#isDeclared) return;
    const partitions = await this.#connection.call('HGET', [this.#key, 'partitions']);
    if (partitions !== null) this.#compare(Number(partitions));
  }

  async #declare(): Promise<void> {
    const input = { facts: this.#key, partitions: this.partitions ?? 0 };
    this.#compare(await this.#connection.run(declare, input));
    this.#isDeclared = true;
  }

  #compare(partitions: number): void {
    if (partitions === (this.partitions ?? 0)) return;
    throw new PartitionCountError(this.#topic, partitions || undefined, this.partitions);
  }
}
