import type { TopicPartitionStats, TopicPartitionsInfo } from '@redpost/topic';
import { type Columns, table } from './table.js';

const columns: Columns<TopicPartitionStats> = [
  ['PARTITION', ({ partition }) => partition],
  ['STREAM', ({ stream }) => stream],
  ['RECORDS', ({ length }) => length],
  ['FORMER', ({ isFormer }) => (isFormer ? 'yes' : '')],
];

/** A row for each partition that a topic has or had, and what holds for all of them. */
export function topicPartitionsTable(
  { count, isMoving }: Pick<TopicPartitionsInfo, 'count' | 'isMoving'>,
  partitions: readonly TopicPartitionStats[],
): string {
  const has = count === 1 ? '1 partition' : `${count} partitions`;
  const moving = isMoving ? '; groups have not settled all records of the former ones' : '';
  return `${table(columns, partitions)}\n\n${count === 0 ? 'no partitions' : has}${moving}`;
}
