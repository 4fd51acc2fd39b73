import { declareHistory } from '../admin/history.js';
import type { QueueContext } from '../context.js';
import { reshape } from '../scripts/reshape.js';
import { setPartitions } from '../scripts/set-partitions.js';
import { isBounded } from '../shape/dead-letter-bounds.js';
import { declareLimits } from '../shape/declared-limits.js';
import { declareBounds } from '../shape/declaring-bounds.js';
import { shapeOf } from '../shape/shape.js';
import type { Division } from './division.js';
import type { Partitions } from './partitions.js';

/** What is copied as it is to the lists of new partitions. */
const pauses = /^(paused|paused_reason|paused_until|key_pauses|paused_key:.*)$/s;

/**
 * Divides a queue into so many partitions. What the queue has declared, its limits, pauses, bounds and history, holds for new partitions
 * before the first message is in them.
 *
 * @param isFirst true to leave the number as it is where the queue is divided already.
 * @throws InvalidArgumentError for limits that are too small to be shared by so many: nothing has changed.
 */
export async function divide(
  partitions: Pick<Partitions, 'main' | 'withLists'>,
  count: number,
  isFirst: boolean,
): Promise<Division> {
  const { connection, keys } = partitions.main;
  const hash = (await connection.call('HGETALL', [keys.shape])) as Buffer[];
  const { division, limits, deadLetters, history } = shapeOf(hash);
  const isThere = division.count === count || (isFirst && division.count > 0);
  if (!isThere) {
    const lists = partitions.withLists(Math.max(count, division.lists));
    if (Object.keys(limits).length > 0) await declareLimits(lists, limits);
    if (isBounded(deadLetters)) await declareBounds(lists, deadLetters, () => true);
    if (history) await declareHistory(lists, history);
    await pause(lists.slice(1 + division.lists), hash);
  }
  return connection.run(setPartitions, { keys, count, isFirst });
}

async function pause(lists: readonly QueueContext[], hash: readonly Buffer[]): Promise<void> {
  const set: Record<string, string> = {};
  for (let at = 0; at < hash.length; at += 2) {
    if (pauses.test(String(hash[at]))) set[String(hash[at])] = String(hash[at + 1]);
  }
  if (Object.keys(set).length === 0) return;
  await Promise.all(
    lists.map(({ connection, keys }) => connection.run(reshape, { keys, drop: [], set })),
  );
}
