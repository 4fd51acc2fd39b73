import { type PeekDeadInput, type PeekedEntry, peekDead } from '../../scripts/peek-dead.js';
import { type SurveyedLetter, surveyDead } from '../../scripts/survey-dead.js';
import {
  boundsOfFilter,
  type DeadLetterFilter,
  type DeadLetterSelection,
  isMeant,
} from './dead-filter.js';
import { type ReadLetter, readLetter } from './dead-letter.js';
import type { DeadList, DeadStream } from './dead-list.js';

/** How many dead letters one call looks at. */
const surveySize = 1000;
/** How many are read with their bodies at a time. */
const readSize = 100;

/** A part of the dead letters: what was found among those that were looked at. */
export interface Found<Letter> {
  letters: Letter[];
  /** How many were looked at. */
  examined: number;
}

/** Where in a list dead letters are looked for. */
export interface DeadSpan {
  /** The first id; `(` before one leaves it out. Default: the oldest one. */
  from?: string | undefined;
  /** The last id. */
  last: string;
  /** How many one call looks at, at most 1000. Default 1000. */
  size?: number | undefined;
}

/** Finds the ids of those that are meant, a part of them after the other. */
export async function* findEntries<Body>(
  list: DeadList<Body>,
  selection: DeadLetterSelection<Body>,
  span: DeadSpan,
): AsyncGenerator<Found<string>> {
  if (typeof selection !== 'function') {
    for await (const { letters, examined } of survey(list, selection, span)) {
      const meant = letters.filter((letter) => isMeant(selection, letter));
      yield { letters: meant.map(({ entry }) => entry), examined };
    }
    return;
  }
  for await (const { letters, examined } of readAll(list, span)) {
    const meant: string[] = [];
    for (const { id, letter } of letters) if (await selection(letter)) meant.push(id);
    yield { letters: meant, examined };
  }
}

/** All dead letters within the times of a filter, without their bodies. */
export async function* survey(
  { connection, keys }: DeadStream,
  filter: DeadLetterFilter,
  { from: start = '-', last, size = surveySize }: DeadSpan,
): AsyncGenerator<Found<SurveyedLetter>> {
  const bounds = boundsOfFilter(filter);
  const to = bounds.to === '+' ? last : bounds.to;
  const limit = Math.min(size, surveySize);
  let from = later(start, bounds.from);
  for (;;) {
    const letters = await connection.run(surveyDead, { keys, from, to, limit });
    const newest = letters.at(-1);
    if (!newest) return;
    yield { letters, examined: letters.length };
    from = `(${newest.entry}`;
  }
}

/** Reads the one with this id: none if it is not there. @param maxBodyBytes of it. Default: its body is read whole. */
export function readOne<Body>(
  list: DeadList<Body>,
  id: string,
  maxBodyBytes?: number,
): Promise<ReadLetter<Body>[]> {
  return readRange(list, { from: id, to: id, limit: 1, maxBodyBytes });
}

/** Reads dead letters between two ids, by several calls, so that no answer is large. */
export async function readRange<Body>(
  list: DeadList<Body>,
  { limit, ...range }: Omit<PeekDeadInput, 'keys'>,
): Promise<ReadLetter<Body>[]> {
  const { connection, keys } = list;
  const all: PeekedEntry[] = [];
  for (let { from } = range; ; from = `(${String(all.at(-1)?.entry[0])}`) {
    const input = { ...range, keys, from, limit: limit - all.length };
    const { found, isCut } = await connection.run(peekDead, input);
    all.push(...found);
    if (!isCut || all.length >= limit) break;
  }
  return Promise.all(all.map(({ entry, size }) => readLetter(list, entry, size)));
}

async function* readAll<Body>(
  list: DeadList<Body>,
  { from: start = '-', last }: DeadSpan,
): AsyncGenerator<Found<ReadLetter<Body>>> {
  for (let from = start; ; ) {
    const range = { from, to: last, limit: readSize, maxBodyBytes: undefined };
    const letters = await readRange(list, range);
    const newest = letters.at(-1);
    if (!newest) return;
    yield { letters, examined: letters.length };
    from = `(${newest.id}`;
  }
}

/** The later one of two beginnings of a range. The second one is a time. */
function later(start: string, from: string): string {
  if (from === '-' || start === '-') return start === '-' ? from : start;
  return Number(from) <= Number.parseInt(start.replace('(', ''), 10) ? start : from;
}
