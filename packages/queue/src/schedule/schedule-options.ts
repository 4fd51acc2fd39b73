import { types } from 'node:util';
import {
  checkedName,
  InvalidArgumentError,
  type NamesOf,
  refuseUnknownOptions,
  shown,
  wholeNumber,
} from '@redpost/core';
import { checkSendOptions, type SendOptions } from '../sending/send-options.js';
import type { ScheduleSpec } from './spec.js';
import { tickAfter } from './timing.js';

/** What is sent, and when. Either `cron` or `everyMs` is given. */
export interface ScheduleOptions<Body>
  extends Pick<
    SendOptions,
    'headers' | 'priority' | 'key' | 'ttlMs' | 'timeoutMs' | 'keepResultMs'
  > {
  /**
   * A cron pattern: minute, hour, day of the month, month, day of the week, with a field for seconds in front if there
   * are six; or `@hourly`, `@daily`, `@midnight`, `@weekly`, `@monthly`, `@yearly`, `@annually`. If both days are
   * restricted, one of them is enough.
   *
   * Where clocks are changed: a time that does not exist runs once, at the first instant after the gap, and a time that
   * exists twice runs once, at the first. A pattern that repeats within the hour, or runs each hour, goes on by real time.
   */
  cron?: string | undefined;
  /** A tick each so many ms, at least 1, counted from `from`, or else from when the schedule was set first. */
  everyMs?: number | undefined;
  /** The time zone of `cron`, e.g. `'Europe/Berlin'`. Default `'UTC'`. */
  timeZone?: string | undefined;
  /** The body of each message. */
  body: Body;
  /** No tick is before that. Default: no such time. */
  from?: Date | undefined;
  /** No tick is after that. Default: no such time. */
  until?: Date | undefined;
  /** How many ticks there are at most, at least 1. Those that are skipped because of `overlap` count. Default: no limit. */
  limit?: number | undefined;
  /**
   * What happens to ticks that are due for more than 30 s, because no process was there to send their messages: `'skip'`
   * sends nothing for them, `'one'` sends one message for all that are due, which is that of the last tick, `'all'` sends
   * the messages of all. Default `'one'`.
   */
  missed?: 'skip' | 'one' | 'all' | undefined;
  /**
   * `'skip'` sends no message for a tick while one of an earlier tick is pending, delayed or active; a dead letter does
   * not count. Default `'allow'`.
   */
  overlap?: 'allow' | 'skip' | undefined;
  /** Each message is delayed by a random time up to this, in ms. Its id has the time of the tick. Default 0. */
  jitterMs?: number | undefined;
}

const optionNames: NamesOf<ScheduleOptions<unknown>> = {
  cron: true,
  everyMs: true,
  timeZone: true,
  body: true,
  from: true,
  until: true,
  limit: true,
  missed: true,
  overlap: true,
  jitterMs: true,
  headers: true,
  priority: true,
  key: true,
  ttlMs: true,
  timeoutMs: true,
  keepResultMs: true,
};

/** Why messages of a schedule cannot have the other options of `send`. */
const reasons: Readonly<Record<string, string>> = {
  id: 'the id of each message is the name of the schedule and the time of its tick',
  delayMs: 'cron, everyMs and from say when it sends, and jitterMs delays at random',
  at: 'cron, everyMs and from say when it sends',
  once: "overlap: 'skip' sends nothing while an earlier message is not done",
  throttle: 'cron or everyMs says how often it sends',
  debounce: 'cron or everyMs says how often it sends',
  bare: 'each of its messages has an id',
  replicas: 'nobody waits for its messages to be sent',
};

const longestName = 200;
/** A hundred years. */
const longestMs = 100 * 365 * 86_400_000;

/** @throws InvalidArgumentError for what cannot be the name of a schedule. */
export function checkedScheduleName(name: unknown): string {
  const text = checkedName('The name of a schedule', name);
  if (Buffer.byteLength(text) <= longestName) return text;
  throw new InvalidArgumentError(
    `The name of a schedule has at most ${longestName} bytes, got ${shown(name)}`,
  );
}

/** @throws InvalidArgumentError for an option that cannot work. */
export function checkedSchedule(options: ScheduleOptions<unknown>): ScheduleSpec {
  refuseSendOptions(options);
  refuseUnknownOptions('schedules.set()', options, optionNames);
  const { cron, everyMs, timeZone, limit, jitterMs = 0, headers, priority, key, ttlMs } = options;
  const { timeoutMs, keepResultMs } = options;
  checkSendOptions({ headers, priority, key, ttlMs, timeoutMs, keepResultMs });
  if ((cron === undefined) === (everyMs === undefined)) {
    throw new InvalidArgumentError('A schedule has either cron or everyMs');
  }
  if (everyMs !== undefined) {
    wholeNumber('everyMs', everyMs, { min: 1, max: longestMs });
    if (timeZone !== undefined) {
      throw new InvalidArgumentError('timeZone is that of cron: everyMs counts real time');
    }
  }
  if (limit !== undefined) wholeNumber('limit', limit, { min: 1 });
  wholeNumber('jitterMs', jitterMs, { min: 0, max: longestMs });
  const [from, until] = [timeOf('from', options.from), timeOf('until', options.until)];
  const missed = oneOf('missed', options.missed ?? 'one', ['skip', 'one', 'all']);
  const overlap = oneOf('overlap', options.overlap ?? 'allow', ['allow', 'skip']);
  const spec: ScheduleSpec = {
    ...(cron === undefined
      ? { everyMs: everyMs as number }
      : { cron, timeZone: timeZone ?? 'UTC' }),
    ...(from === undefined ? {} : { from }),
    ...(until === undefined ? {} : { until }),
    ...(limit === undefined ? {} : { limit }),
    missed,
    overlap,
    ...(jitterMs === 0 ? {} : { jitterMs }),
    ...(priority === undefined ? {} : { priority }),
    ...(key === undefined ? {} : { key }),
    ...(headers === undefined ? {} : { headers: sorted(headers) }),
    ...(ttlMs === undefined ? {} : { ttlMs }),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    ...(keepResultMs === undefined ? {} : { keepResultMs }),
  };
  refuseWithoutTicks(spec);
  return spec;
}

function refuseSendOptions(options: object): void {
  for (const [name, value] of Object.entries(options ?? {})) {
    const reason = value === undefined ? undefined : reasons[name];
    if (reason) throw new InvalidArgumentError(`A schedule cannot have ${name}: ${reason}`);
  }
}

function refuseWithoutTicks(spec: ScheduleSpec): void {
  const { from = 0, cron, until, ...timing } = spec;
  if (until !== undefined && until < from) {
    throw new InvalidArgumentError('until is before from: the schedule would have no tick');
  }
  if (cron === undefined || tickAfter({ ...timing, cron, from }, 0, Date.now()) !== undefined)
    return;
  throw new InvalidArgumentError(
    `cron is a pattern without any time in the future, got ${shown(cron)}`,
  );
}

function timeOf(name: string, time: Date | undefined): number | undefined {
  if (time === undefined) return undefined;
  if (types.isDate(time) && time.getTime() >= 0) return time.getTime();
  throw new InvalidArgumentError(`${name} is a Date since 1970, got ${shown(time)}`);
}

function oneOf<Word extends string>(name: string, given: Word, words: readonly Word[]): Word {
  if (words.includes(given)) return given;
  const all = words.map((word) => `'${word}'`).join(' or ');
  throw new InvalidArgumentError(`${name} is ${all}, got ${shown(given)}`);
}

/** So that the same headers are the same spec. */
function sorted(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).sort(([a], [b]) => (a < b ? -1 : 1)));
}
