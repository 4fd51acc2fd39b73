import type { Connection } from '@redpost/core';
import { PartitionCountError } from './errors.js';
import { declare } from './scripts/declare.js';

/** The number of partitions, which is declared when the topic is first used, and cannot be changed. */
export class TopicFacts {
  /** The number of partitions that this object was made with; undefined for none. */
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

  /** True when Redis has confirmed the number. */
  get isDeclared(): boolean {
    return this.#isDeclared;
  }

  /**
   * Writes the number if Redis does not have it yet, and compares it otherwise. Asks Redis once.
   *
   * @throws PartitionCountError when the topic has another number.
   */
  declared(): Promise<void> {
    this.#declared ??= this.#declare().catch((error) => {
      this.#declared = undefined;
      throw error;
    });
    return this.#declared;
  }

  /** The topic was deleted: the next call of `declared()` writes the number again. */
  forget(): void {
    this.#declared = undefined;
    this.#isDeclared = false;
  }

  /** Compares the number if Redis has it, and writes nothing. */
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
