import { InvalidArgumentError, shown } from '@redpost/core';
import { compareOffsets } from '../record/offset.js';

/**
 * The place of a dead letter, in text `<partition>:<id>`. The id alone is not unique, because entries of two partitions
 * that are made in the same millisecond have the same id.
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
  const [, partition, id] = /^(\d{1,9}):(\d{1,20}-\d{1,20})$/.exec(String(name)) ?? [];
  if (id !== undefined) return { partition: Number(partition), id };
  throw new InvalidArgumentError(`An entry looks like 0:1700000000000-0, got ${shown(name)}`);
}

/** Sorts dead letters of all partitions, oldest first. */
export function compareEntries(a: DeadEntry, b: DeadEntry): number {
  return compareOffsets(a.id, b.id) || a.partition - b.partition;
}

/** The first argument of XRANGE for the entries of a partition that come after this entry. */
export function behind(entry: DeadEntry, partition: number): string {
  return partition > entry.partition ? entry.id : `(${entry.id}`;
}
