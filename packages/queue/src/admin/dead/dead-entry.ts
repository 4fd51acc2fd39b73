import { InvalidArgumentError, shown } from '@redpost/core';

/** Where a dead letter is. The id alone does not say it: in the same millisecond, two lists of a queue get the same one. */
export interface DeadEntry {
  /** Which of the lists of the queue: 0 is that of its name, then come those of its partitions. */
  readonly at: number;
  /** In the stream of this list. */
  readonly id: string;
}

/** As text: the id, and behind it the number of the partition, e.g. `1700000000000-0@2`, if it is in one. */
export function entryOf({ at, id }: DeadEntry): string {
  return at === 0 ? id : `${id}@${at - 1}`;
}

/** @throws InvalidArgumentError for what is no entry. */
export function parseEntry(entry: string): DeadEntry {
  const text = typeof entry === 'string' ? entry : '';
  const [, id, partition] = /^(\d+-\d+)(?:@(0|[1-9]\d{0,3}))?$/.exec(text) ?? [];
  if (id !== undefined) return { at: partition === undefined ? 0 : 1 + Number(partition), id };
  throw new InvalidArgumentError(
    `An entry looks like 1700000000000-0, or like 1700000000000-0@2 in a partition, got ${shown(entry)}`,
  );
}

/** Sorts the dead letters of all lists, the oldest first. */
export function compareEntries(a: DeadEntry, b: DeadEntry): number {
  const [a1 = '', a2 = ''] = a.id.split('-');
  const [b1 = '', b2 = ''] = b.id.split('-');
  return Number(BigInt(a1) - BigInt(b1)) || Number(BigInt(a2) - BigInt(b2)) || a.at - b.at;
}

/** Where in one of the lists those begin that come after this entry: an id, or `(` and the id before them. */
export function behind(entry: DeadEntry, at: number): string {
  return at > entry.at ? entry.id : `(${entry.id}`;
}
