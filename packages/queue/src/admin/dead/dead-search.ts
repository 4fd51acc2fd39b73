import { newestId } from '@redpost/core/consuming';
import type { QueueContext } from '../../context.js';
import { type PeekDeadInput, type PeekedEntry, peekDead } from '../../scripts/peek-dead.js';
import { type SurveyedLetter, surveyDead } from '../../scripts/survey-dead.js';
import { boundsOfFilter, checkFilter, type DeadLetterSelection, isMeant } from './dead-filter.js';
import { type ReadLetter, readLetter } from './dead-letter.js';

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

/** Finds entries, a part of them after the other. Those that die meanwhile are not found. */
export async function* findEntries<Body>(
  context: QueueContext<Body>,
  selection: DeadLetterSelection<Body>,
  after?: string,
): AsyncGenerator<Found<string>> {
  if (typeof selection !== 'function') {
    for await (const { letters, examined } of survey(context, selection, after)) {
      const meant = letters.filter((letter) => isMeant(selection, letter));
      yield { letters: meant.map(({ entry }) => entry), examined };
    }
    return;
  }
  for await (const { letters, examined } of readAll(context, after)) {
    const meant: string[] = [];
    for (const { letter } of letters) if (await selection(letter)) meant.push(letter.entry);
    yield { letters: meant, examined };
  }
}

/** All dead letters within the times of a filter, without their bodies. */
export async function* survey(
  { connection, keys }: Pick<QueueContext, 'connection' | 'keys'>,
  filter: Exclude<DeadLetterSelection<never>, (...args: never[]) => unknown>,
  after?: string,
): AsyncGenerator<Found<SurveyedLetter>> {
  checkFilter(filter);
  const bounds = boundsOfFilter(filter);
  const last = await connection.run(newestId, keys.dead);
  if (last === undefined) return;
  const to = bounds.to === '+' ? last : bounds.to;
  let from = after === undefined ? bounds.from : later(`(${after}`, bounds.from);
  for (;;) {
    const letters = await connection.run(surveyDead, { keys, from, to, limit: surveySize });
    const newest = letters.at(-1);
    if (!newest) return;
    yield { letters, examined: letters.length };
    from = `(${newest.entry}`;
  }
}

/** Reads these entries, as far as they are there. @param maxBodyBytes of each. Default: bodies are read whole. */
export async function readEntries<Body>(
  context: QueueContext<Body>,
  entries: readonly string[],
  maxBodyBytes?: number,
): Promise<ReadLetter<Body>[]> {
  const found = entries.map((entry) =>
    readRange(context, { from: entry, to: entry, limit: 1, maxBodyBytes }),
  );
  return (await Promise.all(found)).flat();
}

/** Reads dead letters between two ids, by several calls, so that no answer is large. */
export async function readRange<Body>(
  context: QueueContext<Body>,
  { limit, ...range }: Omit<PeekDeadInput, 'keys'>,
): Promise<ReadLetter<Body>[]> {
  const { connection, keys } = context;
  const all: PeekedEntry[] = [];
  for (let { from } = range; ; from = `(${String(all.at(-1)?.entry[0])}`) {
    const input = { ...range, keys, from, limit: limit - all.length };
    const { found, isCut } = await connection.run(peekDead, input);
    all.push(...found);
    if (!isCut || all.length >= limit) break;
  }
  return Promise.all(all.map(({ entry, size }) => readLetter(context, entry, size)));
}

async function* readAll<Body>(
  context: QueueContext<Body>,
  after?: string,
): AsyncGenerator<Found<ReadLetter<Body>>> {
  const { connection, keys } = context;
  const last = await connection.run(newestId, keys.dead);
  let from = after === undefined ? '-' : `(${after}`;
  while (last !== undefined) {
    const range = { from, to: last, limit: readSize, maxBodyBytes: undefined };
    const letters = await readRange(context, range);
    const newest = letters.at(-1);
    if (!newest) return;
    yield { letters, examined: letters.length };
    from = `(${newest.letter.entry}`;
  }
}

/** The later one of two beginnings of a range. */
function later(after: string, from: string): string {
  return from === '-' || Number(from) <= Number.parseInt(after.slice(1), 10) ? after : from;
}
