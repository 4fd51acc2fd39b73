import type { Connection } from '@redpost/core';
import { performance } from '@redpost/core/consuming';
import { PartitionCountError } from '../errors.js';
import { declare } from '../scripts/declare.js';
import { type Facts, factFields, factsOf } from './facts.js';
import { type Generation, generationOf, type TopicPartition } from './generation.js';

/**
 * What is known of the partitions of a topic: the ones that it has, and the ones that it had before their number was changed.
 *
 * What Redis has counts. Until it was asked, the number is assumed that this object was made with.
 */
export class Generations {
  readonly #topic: string;
  readonly #key: string;
  readonly #connection: Connection;
  /** The number that this object was made with; 0 for none. */
  readonly #wanted: number;
  #all: readonly [...Generation[], Generation];
  #byNumber = new Map<number, TopicPartition>();
  #declared: Promise<void> | undefined;
  #isDeclared = false;
  #changedAt: number | undefined;
  #learnedAt = performance.now();
  readonly #listeners = new Set<() => void>();

  constructor(options: {
    topic: string;
    key: string;
    connection: Connection;
    partitions: number | undefined;
  }) {
    this.#topic = options.topic;
    this.#key = options.key;
    this.#connection = options.connection;
    this.#wanted = options.partitions ?? 0;
    this.#all = [generationOf(this.#topic, 0, this.#wanted)];
    this.#index();
  }

  /** True when Redis has confirmed the number. */
  get isDeclared(): boolean {
    return this.#isDeclared;
  }

  /** All generations that may have records, oldest first. The last one is the current one. */
  get all(): readonly Generation[] {
    return this.#all;
  }

  /** The generation that records are published to. */
  get current(): Generation {
    return this.#all[this.#all.length - 1] as Generation;
  }

  /** The generations before the current one, oldest first. */
  get former(): readonly Generation[] {
    return this.#all.slice(0, -1);
  }

  /** The partitions of all generations, by their numbers. */
  get partitions(): readonly TopicPartition[] {
    return this.#all.flatMap(({ partitions }) => partitions);
  }

  /** The partition of this number, if there is one. */
  partition(number: number): TopicPartition | undefined {
    return this.#byNumber.get(number);
  }

  /** When this process has learned of the current generation, by `performance.now()`. */
  get learnedAt(): number {
    return this.#learnedAt;
  }

  /** When the number was changed last, by the server's clock, in ms since 1970; undefined when it never was. */
  get changedAt(): number | undefined {
    return this.#changedAt;
  }

  /**
   * Writes the number if Redis does not have it yet, and learns it otherwise. Asks Redis once.
   *
   * @throws PartitionCountError when the topic has another number, which was never changed.
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
    this.#lose(this.#wanted);
  }

  /**
   * Learns the number if Redis has it, and writes nothing.
   *
   * @throws PartitionCountError when the topic has another number, which was never changed.
   */
  async checked(): Promise<Facts | undefined> {
    const facts = await this.#read();
    if (facts) this.heard(facts);
    // Redis has lost it, and all records with it.
    else if (this.#isDeclared) this.#lose(this.current.count);
    return facts;
  }

  /** Redis has told of the partitions. */
  heard(facts: Facts): void {
    const { count, first, former, next, changedAt } = facts;
    const wasChanged = (changedAt ?? next ?? this.#changedAt) !== undefined;
    if (!wasChanged && count !== this.#wanted) {
      throw new PartitionCountError(this.#topic, count || undefined, this.#wanted || undefined);
    }
    this.#changedAt = changedAt;
    this.#set([...former, { first, count }]);
  }

  /** Calls `listener` when there are other generations than before. Returns what removes it. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  async #read(): Promise<Facts | undefined> {
    return factsOf(await this.#connection.call('HMGET', [this.#key, ...factFields]));
  }

  async #declare(): Promise<void> {
    const { count } = this.current;
    const isOther = count !== this.#wanted;
    this.heard(await this.#connection.run(declare, { facts: this.#key, count, isOther }));
    this.#isDeclared = true;
  }

  #lose(count: number): void {
    this.#declared = undefined;
    this.#isDeclared = false;
    this.#changedAt = undefined;
    this.#set([{ first: 0, count }]);
  }

  #set(told: readonly Pick<Generation, 'first' | 'count'>[]): void {
    const all = told.map(({ first, count }) => {
      const known = this.#all.find((one) => one.first === first && one.count === count);
      return known ?? generationOf(this.#topic, first, count);
    });
    const isSame = all.length === this.#all.length && all.every((one, at) => one === this.#all[at]);
    if (isSame) return;
    this.#all = all as [...Generation[], Generation];
    this.#learnedAt = performance.now();
    this.#index();
    for (const listener of [...this.#listeners]) listener();
  }

  #index(): void {
    this.#byNumber = new Map(this.partitions.map((partition) => [partition.number, partition]));
  }
}
