import type { PartitionStats, PartitionsInfo } from '@redpost/queue';
import { type Columns, table } from './table.js';

const columns: Columns<PartitionStats> = [
  ['LIST', ({ list }) => list],
  ['PENDING', ({ pending }) => pending],
  ['ACTIVE', ({ active }) => active],
  ['DELAYED', ({ delayed }) => delayed],
  ['DEAD', ({ dead }) => dead, 'alarm'],
];

/** A row for each list of a queue, and what holds for all of them. */
export function partitionsTable(
  { count, isMoving }: Pick<PartitionsInfo, 'count' | 'isMoving'>,
  lists: readonly PartitionStats[],
): string {
  const divided = count === 1 ? '1 partition' : `${count} partitions`;
  const moving = isMoving ? '; messages of keys may still move between them' : '';
  return `${table(columns, lists)}\n\n${count === 0 ? 'no partitions' : divided}${moving}`;
}
