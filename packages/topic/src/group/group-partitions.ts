import type { Generation, TopicPartition } from '../partitions/generation.js';
import type { Generations } from '../partitions/generations.js';
import type { GroupKeys } from '../topic-keys.js';

/** A partition of a topic, as a consumer group sees it. */
export interface GroupPartition {
  readonly number: number;
  readonly keys: GroupKeys;
  /** Whether it belongs to one member of the group at a time, which keeps records of a key in order. */
  readonly isOrdered: boolean;
}

/** The partitions that a group has records of: those that the topic has, and those that it had. */
export class GroupPartitions {
  readonly #generations: Generations;
  readonly #group: string;
  readonly #known = new WeakMap<TopicPartition, GroupPartition>();

  constructor(generations: Generations, group: string) {
    this.#generations = generations;
    this.#group = group;
  }

  /** Those of all generations. */
  get all(): readonly GroupPartition[] {
    return this.#generations.partitions.map((partition) => this.#seen(partition));
  }

  /** The partition of this number, if there is one. */
  of(number: number): GroupPartition | undefined {
    const partition = this.#generations.partition(number);
    return partition && this.#seen(partition);
  }

  /** Those of one generation. */
  in({ partitions }: Generation): readonly GroupPartition[] {
    return partitions.map((partition) => this.#seen(partition));
  }

  #seen(partition: TopicPartition): GroupPartition {
    const known = this.#known.get(partition);
    if (known) return known;
    const { number, keys, isOrdered } = partition;
    const seen = { number, keys: keys.group(this.#group), isOrdered };
    this.#known.set(partition, seen);
    return seen;
  }
}
