import { InvalidArgumentError, shown } from '@redpost/core';
import { compareOffsets } from '../record/offset.js';

/**
 * Where a dead letter stands: `<partition>:<id>`. An id alone is not enough: those of two partitions
 * that are made in the same millisecond are the same.
 */
export interface DeadEntry {
  readonly partition: number;
  readonly id: string;
}

export function nameOf({ partition, id }: DeadEntry): string {
  return `${partition}:${id}`;
}

/** @throws InvalidArgumentError */
export function parseEntry(name: string): DeadEntry {
  const [, partition, id] = /^(\d{1,4}):(\d{1,20}-\d{1,20})$/.exec(String(name)) ?? [];
  if (id !== undefined) return { partition: Number(partition), id };
  throw new InvalidArgumentError(`An entry looks like 0:1700000000000-0, got ${shown(name)}`);
}

/** The oldest dead letters come first, of all partitions. */
export function compareEntries(a: DeadEntry, b: DeadEntry): number {
  return compareOffsets(a.id, b.id) || a.partition - b.partition;
}

/** Where the entries of a partition begin that come after this one, as XRANGE wants it. */
export function behind(entry: DeadEntry, partition: number): string {
  return partition > entry.partition ? entry.id : `(${entry.id}`;
}
