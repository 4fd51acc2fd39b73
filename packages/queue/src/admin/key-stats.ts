import {
  InvalidArgumentError,
  type NamesOf,
  refuseUnknownOptions,
  shown,
  wholeNumber,
} from '@redpost/core';
import { checkKey, keyless } from '../message/key.js';
import type { Partitions } from '../partitions/partitions.js';
import { type KeyReport, type KeyStatsInput, keyStats } from '../scripts/key-stats.js';

/** The messages of one key, or those without a key, which count together as one more key. */
export interface ListedKey {
  /** Undefined for the messages without a key. */
  readonly key: string | undefined;
  /** Waiting to be delivered, or for their next attempt while their key is held up by them: not those that are delayed. */
  readonly pending: number;
  /** With a consumer now, or returned after their consumer had died. Undefined for the messages without a key: these are not counted. */
  readonly active: number | undefined;
  /** Since when its next message has been the next one, by the server's clock; undefined when none waits. */
  readonly waitsSince: Date | undefined;
  /** When its next message may be taken, where that has failed and waits for its next attempt. */
  readonly notBefore: Date | undefined;
  /** Whether `pauseKey()` holds it. */
  readonly isPaused: boolean;
  /** When the pause ends by itself; undefined when only `resumeKey()` ends it. */
  readonly pausedUntil: Date | undefined;
  /**
   * For how long handlers had its messages in this hour and the one before, in ms: estimated from those that are measured
   * for `series()`, up to some ten seconds late. Of the 200 keys with most of each hour, and 0 for others.
   */
  readonly handlerMs: number;
}

/** The messages of one key. */
export interface KeyStats extends ListedKey {
  readonly key: string;
  readonly active: number;
}

/** Which keys to list. */
export interface KeysOptions {
  /**
   * `pending` (default): those with the most messages that wait. Among keys that have about equally many, some with
   * fewer may be listed. `age`: those that wait longest for their turn. `time`: those with the most `handlerMs`, also when none
   * of their messages waits. The messages without a key are listed as one more key, but not by `age`: since when they wait
   * is not known.
   */
  by?: 'pending' | 'age' | 'time' | undefined;
  /** How many at most: 1 to 1000. Default 10. */
  count?: number | undefined;
}

const optionNames: NamesOf<KeysOptions> = { by: true, count: true };

/** Costs the same however many keys there are. */
export async function listKeys(partitions: Partitions, options: KeysOptions): Promise<ListedKey[]> {
  refuseUnknownOptions('keys()', options, optionNames);
  const { by = 'pending', count = 10 } = options;
  if (by !== 'pending' && by !== 'age' && by !== 'time') {
    throw new InvalidArgumentError(`by is 'pending', 'age' or 'time', got ${shown(by)}`);
  }
  wholeNumber('count', count, { min: 1, max: 1000 });
  const reports = await reportsOf(partitions, by, count);
  return reports
    .sort(orders[by])
    .slice(0, count)
    .map((report) =>
      report.key === keyless
        ? { ...statsOf(report), key: undefined, active: undefined }
        : statsOf(report),
    );
}

/** Those of one list are in their order already. */
const orders: Record<NonNullable<KeysOptions['by']>, (a: KeyReport, b: KeyReport) => number> = {
  pending: (a, b) => b.pending - a.pending,
  age: (a, b) => (a.since ?? 0) - (b.since ?? 0),
  time: (a, b) => b.handlerMs - a.handlerMs,
};

async function reportsOf(
  partitions: Partitions,
  which: KeyStatsInput['which'],
  count: number,
): Promise<KeyReport[]> {
  const lists = await partitions.all();
  const all = await Promise.all(
    lists.map(({ connection, keys }) => connection.run(keyStats, { keys, which, count })),
  );
  const byKey = new Map<string, KeyReport>();
  for (const report of all.flat()) {
    const known = byKey.get(report.key);
    byKey.set(report.key, known ? sumOf(known, report) : report);
  }
  return [...byKey.values()];
}

/** The messages without a key are in all lists. */
function sumOf(one: KeyReport, other: KeyReport): KeyReport {
  return {
    key: one.key,
    pending: one.pending + other.pending,
    active: one.active + other.active,
    handlerMs: one.handlerMs + other.handlerMs,
    since: least(one.since, other.since),
    notBefore: one.notBefore ?? other.notBefore,
    pausedUntil: one.pausedUntil ?? other.pausedUntil,
  };
}

function least(one: number | undefined, other: number | undefined): number | undefined {
  return one === undefined || other === undefined ? (one ?? other) : Math.min(one, other);
}

/** Of a key that nothing is known of: no messages. */
export async function readKeyStats(partitions: Partitions, key: string): Promise<KeyStats> {
  checkKey(key);
  const [report] = await reportsOf(partitions, { key }, 1);
  return statsOf(report as KeyReport);
}

function statsOf(report: KeyReport): KeyStats {
  const { key, pending, active, since, notBefore, pausedUntil, handlerMs } = report;
  return {
    key,
    pending,
    active,
    waitsSince: dateOf(since),
    notBefore: dateOf(notBefore === undefined ? undefined : Math.ceil(notBefore)),
    isPaused: pausedUntil !== undefined,
    pausedUntil: dateOf(pausedUntil),
    handlerMs,
  };
}

function dateOf(ms: number | undefined): Date | undefined {
  return ms === undefined || ms === Number.POSITIVE_INFINITY ? undefined : new Date(ms);
}
