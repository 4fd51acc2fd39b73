import { type PartitionKeys, partitionKeys } from '../topic-keys.js';

/** A partition of a topic: one stream. */
export interface TopicPartition {
  /** No other partition that the topic has or had has the same number. */
  readonly number: number;
  readonly keys: PartitionKeys;
  /** Whether it belongs to one member of a group at a time, which keeps records of a key in order. */
  readonly isOrdered: boolean;
}

/** The partitions that a topic has from one change of their number to the next. */
export interface Generation {
  /** The number of the first partition. Those of the others follow. */
  readonly first: number;
  /** How many partitions there are; 0 for a topic without partitions, which has one stream all the same. */
  readonly count: number;
  readonly partitions: readonly TopicPartition[];
}

/** The generation of a topic whose partitions begin with this number. */
export function generationOf(name: string, first: number, count: number): Generation {
  const isWhole = first === 0 && count <= 1;
  const partitions = Array.from({ length: Math.max(1, count) }, (_, at) => ({
    number: first + at,
    keys: partitionKeys(name, isWhole ? undefined : first + at),
    isOrdered: count > 0,
  }));
  return { first, count, partitions };
}

/** The number of the first partition of the generation behind this one. */
export function firstBehind({ first, count }: Pick<Generation, 'first' | 'count'>): number {
  return first + Math.max(1, count);
}
