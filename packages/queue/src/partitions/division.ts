/** How a queue is divided. */
export interface Division {
  /** How many partitions new messages go to; 0 for a queue that is not divided. */
  readonly count: number;
  /** How many lists of partitions there have ever been: messages may be in each of them. */
  readonly lists: number;
  /**
   * How many partitions there were before, while messages of keys may wait where they went then; as many as now when none does any
   * more, until all producers know that; then undefined.
   */
  readonly before: number | undefined;
  /** The number was another one once, which was not 0. */
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
export const undivided: Division = { count: 0, lists: 0, before: undefined, wasChanged: false };

/** Reads the values of {@link divisionFields}. */
export function divisionOf(
  count?: string,
  lists = count,
  before?: string,
  changed?: string,
): Division {
  if (count === undefined) return undivided;
  return {
    count: Number(count),
    lists: Number(lists),
    before: before === undefined ? undefined : Number(before),
    wasChanged: changed !== undefined,
  };
}
