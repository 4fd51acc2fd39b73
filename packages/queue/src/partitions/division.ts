/** How a queue is divided. */
export interface Division {
  /** How many partitions new messages go to; 0 for a queue that is not divided. */
  readonly count: number;
  /** How many lists of partitions there have ever been: messages may be in each of them. */
  readonly lists: number;
  /** The numbers of partitions that there were before, while messages of keys may be in lists that these belong to no longer. */
  readonly before: readonly number[];
  /** The number of partitions was another one once, which was not 0. */
  readonly wasChanged: boolean;
}

/** The fields of the shape that say it. */
export const divisionFields = [
  'partitions',
  'partition_lists',
  'partitions_before',
  'partitions_changed',
] as const;

/** A queue that is not divided. */
export const undivided: Division = { count: 0, lists: 0, before: [], wasChanged: false };

/** Reads the values of {@link divisionFields}. */
export function divisionOf(count?: string, lists = count, before = '', changed?: string): Division {
  if (count === undefined) return undivided;
  return {
    count: Number(count),
    lists: Number(lists),
    before: before === '' ? [] : before.split(',').map(Number),
    wasChanged: changed !== undefined,
  };
}
