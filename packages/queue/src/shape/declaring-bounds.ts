import type { Complete } from '@redpost/core';
import type { QueueContext } from '../context.js';
import { shareOf } from '../partitions/share-of.js';
import { reshape } from '../scripts/reshape.js';
import { trimDead } from '../scripts/trim-dead.js';
import { boundsFields, type DeadLetterBounds, isBounded } from './dead-letter-bounds.js';

/**
 * Makes these the bounds of the dead letters in each of these lists of a queue, and deletes those that are above them.
 *
 * @param isOver true when nothing more is to be deleted: consumers do the rest.
 */
export async function declareBounds(
  lists: readonly QueueContext[],
  bounds: Complete<DeadLetterBounds>,
  isOver: () => boolean = () => false,
): Promise<void> {
  const [length, age] = boundsFields;
  const setIn = (at: number) => {
    const maxLength = shareOf(bounds.maxLength, at, lists.length);
    const fields = { [length]: maxLength, [age]: bounds.maxAgeMs };
    return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== Infinity));
  };
  const drop = boundsFields.filter((name) => !(name in setIn(0)));
  await Promise.all(
    lists.map(async ({ connection, keys }, at) => {
      await connection.run(reshape, { keys, drop, set: setIn(at) });
      if (!isBounded(bounds)) return;
      while (!isOver() && (await connection.run(trimDead, { keys }))) {}
    }),
  );
}
