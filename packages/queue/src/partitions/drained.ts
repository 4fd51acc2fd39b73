import { pause } from '@redpost/core/consuming';
import type { QueueContext } from '../context.js';
import { scanned } from '../flow/scanned.js';
import { forgetFormerPartitions } from '../scripts/forget-former-partitions.js';
import { placeIn } from './former-places.js';

/** Between two looks, in ms: mostly longer than from the question of a producer, whether a key is known there, to its send. */
const betweenMs = 1000;

/**
 * Looks whether messages of keys wait where they went before the number of partitions was another one, and if none does, and the
 * change was a minute ago, lets producers forget these places. Resolves to true when the number may change again: not before another call, a minute after that.
 *
 * It looks twice: a message may reach such a place just after the first look, because its key was still known there before that. And
 * a key that waits and is held in turns may not be seen in either place. Both may happen after the second look, too; so a producer
 * remembers for itself which keys it has sent there (see former-places.ts).
 *
 * @param lists all lists of the queue, that of its name first.
 * @param count how many partitions there are now.
 */
export async function forgetDrained(
  lists: readonly QueueContext[],
  count: number,
): Promise<boolean> {
  if (!(await areDrained(lists, count))) return false;
  await pause(betweenMs, undefined, { ref: false });
  if (!(await areDrained(lists, count))) return false;
  const [{ connection, keys }] = lists as [QueueContext];
  return connection.run(forgetFormerPartitions, { keys, count });
}

async function areDrained(lists: readonly QueueContext[], count: number): Promise<boolean> {
  for (const [at, list] of lists.entries()) {
    if (await hasForeign(list, at, count)) return false;
    if (await hasPosted(list, lists)) return false;
  }
  return true;
}

/** True when a key is known in this list that belongs to another one. */
async function hasForeign(
  { connection, keys }: QueueContext,
  at: number,
  count: number,
): Promise<boolean> {
  if ((await connection.call('EXISTS', [keys.openWindows])) === 1) return true;
  const sets = [
    scanned(connection, 'ZSCAN', keys.keysByAge),
    scanned(connection, 'HSCAN', keys.busy),
    scanned(connection, 'HSCAN', keys.once),
    scanned(connection, 'ZSCAN', keys.debounced),
  ];
  for (const set of sets) {
    for await (const [key] of set) if (placeIn(count, key) !== at) return true;
  }
  return false;
}

/** True while messages are on their way from this list to others of the queue. */
async function hasPosted(
  { connection, keys }: QueueContext,
  lists: readonly QueueContext[],
): Promise<boolean> {
  const posted = await Promise.all(
    lists.map((list) => connection.call('XLEN', [`${keys.outbox}${list.keys.list}`])),
  );
  return posted.some((count) => Number(count) > 0);
}
