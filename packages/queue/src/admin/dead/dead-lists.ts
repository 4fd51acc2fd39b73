import { newestId } from '@redpost/core/consuming';
import { behind, compareEntries, type DeadEntry } from './dead-entry.js';
import type { DeadLetterSelection } from './dead-filter.js';
import type { ReadLetter } from './dead-letter.js';
import type { DeadList, DeadStream } from './dead-list.js';
import { findEntries, readOne, readRange } from './dead-search.js';

/** How many dead letters there are in all of them. */
export async function countIn(lists: readonly DeadStream[]): Promise<number> {
  return sumOf(lists, ({ connection, keys }) => connection.call('XLEN', [keys.dead]));
}

/** The sum of what is done in each of these. */
export async function sumOf<Item>(
  items: readonly Item[],
  does: (item: Item) => Promise<unknown>,
): Promise<number> {
  const counts = await Promise.all(items.map(does));
  return counts.reduce<number>((sum, count) => sum + Number(count), 0);
}

/** The ids of these entries by the lists that they are in. One of a partition that does not exist is in none. */
export function byList<Body>(
  lists: readonly DeadList<Body>[],
  entries: readonly DeadEntry[],
): { list: DeadList<Body>; ids: string[] }[] {
  return lists
    .map((list) => {
      const here = entries.filter(({ at }) => at === list.at);
      return { list, ids: here.map(({ id }) => id) };
    })
    .filter(({ ids }) => ids.length > 0);
}

/** Those of the lists that have dead letters, each with the id of the newest one now. */
export async function untilNow<Body>(
  lists: readonly DeadList<Body>[],
): Promise<{ list: DeadList<Body>; last: string }[]> {
  const newest = lists.map(async (list) => ({ list, last: await newestIn(list) }));
  return (await Promise.all(newest)).flatMap(({ list, last }) =>
    last === undefined ? [] : { list, last },
  );
}

/** Which dead letters of all lists are the first ones. */
interface FirstOnes<Body> {
  /** Undefined for all. */
  filter: DeadLetterSelection<Body> | undefined;
  limit: number;
  /** Undefined to begin with the oldest one. */
  after: DeadEntry | undefined;
}

/** Reads the oldest ones of all lists together, in their order. @param maxBodyBytes of each; undefined to read bodies whole. */
export async function readFirst<Body>(
  lists: readonly DeadList<Body>[],
  wanted: FirstOnes<Body>,
  maxBodyBytes: number | undefined,
): Promise<ReadLetter<Body>[]> {
  const { filter, limit, after } = wanted;
  const [list] = lists;
  if (list && lists.length === 1 && !filter) {
    const from = after ? behind(after, list.at) : '-';
    return readRange(list, { from, to: '+', limit, maxBodyBytes });
  }
  // The first ones of all are among the first ones of each.
  const first = (await Promise.all(lists.map((each) => firstIn(each, wanted)))).flat();
  return readEntries(lists, first.sort(compareEntries).slice(0, limit), maxBodyBytes);
}

async function firstIn<Body>(
  list: DeadList<Body>,
  { filter, limit, after }: FirstOnes<Body>,
): Promise<DeadEntry[]> {
  const last = await newestIn(list);
  if (last === undefined) return [];
  const found: DeadEntry[] = [];
  const from = after && behind(after, list.at);
  const range = { from, last, size: filter ? undefined : limit };
  for await (const { letters } of findEntries(list, filter ?? {}, range)) {
    found.push(...letters.map((id) => ({ at: list.at, id })));
    if (found.length >= limit) break;
  }
  return found.slice(0, limit);
}

/** Reads these, in their order, as far as they are there. @param maxBodyBytes of each. Default: bodies are read whole. */
export async function readEntries<Body>(
  lists: readonly DeadList<Body>[],
  entries: readonly DeadEntry[],
  maxBodyBytes?: number,
): Promise<ReadLetter<Body>[]> {
  const found = entries.map(async ({ at, id }) => {
    const list = lists[at];
    return list ? readOne(list, id, maxBodyBytes) : [];
  });
  return (await Promise.all(found)).flat();
}

function newestIn({ connection, keys }: DeadStream): Promise<string | undefined> {
  return connection.run(newestId, keys.dead);
}
