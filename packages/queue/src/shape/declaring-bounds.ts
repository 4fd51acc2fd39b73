import type { Complete } from '@redpost/core';
import type { QueueContext } from '../context.js';
import { reshape } from '../scripts/reshape.js';
import { trimDead } from '../scripts/trim-dead.js';
import { boundsFields, type DeadLetterBounds, isBounded } from './dead-letter-bounds.js';

/**
 * Makes these the bounds of the dead letters, and deletes those that are above them.
 *
 * @param isOver true when nothing more is to be deleted: consumers do the rest.
 */
export async function declareBounds(
  { connection, keys }: QueueContext,
  bounds: Complete<DeadLetterBounds>,
  isOver: () => boolean = () => false,
): Promise<void> {
  const [length, age] = boundsFields;
  const fields = { [length]: bounds.maxLength, [age]: bounds.maxAgeMs };
  const finite = Object.entries(fields).filter(([, value]) => value !== Infinity);
  const set = Object.fromEntries(finite);
  const drop = boundsFields.filter((name) => !(name in set));
  await connection.run(reshape, { keys, drop, set });
  if (!isBounded(bounds)) return;
  while (!isOver() && (await connection.run(trimDead, { keys }))) {}
}
