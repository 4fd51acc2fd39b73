/** How a queue is divided. */
export interface Division {
  /** How many partitions new messages go to; 0 for a queue that is not divided. */
  readonly count: number;
  /** How many lists of partitions there have ever been: messages may be in each of them. */
  readonly lists: number;
}

/** The fields of the shape that say it. */
export const divisionFields = ['partitions', 'partition_lists'] as const;

/** A queue that is not divided. */
export const undivided: Division = { count: 0, lists: 0 };

/** Reads the values of {@link divisionFields}. */
export function divisionOf(count?: string, lists = count): Division {
  return count === undefined ? undivided : { count: Number(count), lists: Number(lists) };
}
