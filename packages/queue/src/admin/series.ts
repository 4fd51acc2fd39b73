import { types } from 'node:util';
import { InvalidArgumentError, type NamesOf, refuseUnknownOptions, shown } from '@redpost/core';
import type { QueueContext } from '../context.js';
import type { Partitions } from '../partitions/partitions.js';
import { bucketCount, type Distribution, distributionOf } from '../recording/distribution.js';
import { type Outcome, outcomes } from '../recording/outcome.js';
import { keptSums } from '../scripts/add-series.js';

/** What the consumers of a queue have counted in a minute or an hour. */
export interface SeriesPoint extends Readonly<Record<Outcome, number>> {
  /** When this minute or hour began, by the server's clock. */
  readonly at: Date;
  /** From the send to the start of the handler, so with delays and earlier attempts. By the producer's clock at the send. */
  readonly wait: Distribution;
  /** How long handlers ran. */
  readonly run: Distribution;
}

/** Which part of the series to read. */
export interface SeriesOptions {
  /** Minutes, which are kept for 48 hours, or hours, which are kept for 90 days. Default `minute`. */
  by?: 'minute' | 'hour' | undefined;
  /** Default: an hour before `to`, or a day with hours. */
  from?: Date | undefined;
  /** Default: now, by the server's clock. The minute or hour that it is in is the last one. */
  to?: Date | undefined;
}

const optionNames: NamesOf<SeriesOptions> = { by: true, from: true, to: true };
const lengths = { minute: 60_000, hour: 3_600_000 };
const defaultCounts = { minute: 60, hour: 24 };
/** How many are read in one call. */
const perCall = 500;

/** Reads what consumers have counted: a point for each minute or hour, the oldest first. */
export async function readSeries(
  partitions: Partitions,
  options: SeriesOptions,
): Promise<SeriesPoint[]> {
  refuseUnknownOptions('series()', options, optionNames);
  const { by = 'minute' } = options;
  if (by !== 'minute' && by !== 'hour') {
    throw new InvalidArgumentError(`by is 'minute' or 'hour', got ${shown(by)}`);
  }
  for (const [name, value] of Object.entries({ from: options.from, to: options.to })) {
    const isTime = types.isDate(value) && !Number.isNaN(value.getTime());
    if (value !== undefined && !isTime) {
      throw new InvalidArgumentError(`${name} is a valid Date, got ${shown(value)}`);
    }
  }
  const length = lengths[by];
  const lists = await partitions.all();
  const to = options.to?.getTime() ?? (await serverTime(partitions.main));
  const last = Math.floor(to / length);
  const first = options.from
    ? Math.max(Math.floor(options.from.getTime() / length), last - keptSums[by] + 1)
    : last - defaultCounts[by] + 1;
  const points: SeriesPoint[] = [];
  for (let at = first; at <= last; at += perCall) {
    points.push(...(await readPoints(lists, by, at, Math.min(last, at + perCall - 1))));
  }
  return points;
}

async function readPoints(
  lists: readonly QueueContext[],
  by: 'minute' | 'hour',
  first: number,
  last: number,
): Promise<SeriesPoint[]> {
  const numbers = Array.from({ length: last - first + 1 }, (_, n) => first + n);
  const fields = numbers.map((number) => `${by.charAt(0)}${number}`);
  const texts = await Promise.all(
    lists.map(
      ({ connection, keys }) =>
        connection.call('HMGET', [keys.series, ...fields]) as Promise<(Buffer | null)[]>,
    ),
  );
  return numbers.map((number, n) => {
    const sums = sumsOf(texts.map((all) => all[n] ?? null));
    return pointOf(sums, new Date(number * lengths[by]));
  });
}

/** What was counted in the lists of a queue, together. */
function sumsOf(texts: readonly (Buffer | null)[]): number[] {
  const sums: number[] = [];
  for (const text of texts) {
    if (text === null) continue;
    for (const [n, value] of String(text).split(',').entries()) {
      sums[n] = (sums[n] ?? 0) + Number(value);
    }
  }
  return sums;
}

function pointOf(sums: readonly number[], at: Date): SeriesPoint {
  const part = (from: number, count: number) =>
    Array.from({ length: count }, (_, n) => sums[from + n] ?? 0);
  const counts = part(0, outcomes.length);
  const byOutcome = Object.fromEntries(outcomes.map((name, n) => [name, counts[n]]));
  return {
    at,
    ...(byOutcome as Record<Outcome, number>),
    wait: distributionOf(part(outcomes.length, bucketCount)),
    run: distributionOf(part(outcomes.length + bucketCount, bucketCount)),
  };
}

async function serverTime({ connection }: QueueContext): Promise<number> {
  const [seconds] = (await connection.call('TIME', [])) as [Buffer];
  return Number(seconds) * 1000;
}
