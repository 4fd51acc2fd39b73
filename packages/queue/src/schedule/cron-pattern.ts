import { asError, InvalidArgumentError, shown } from '@redpost/core';
import { Cron } from 'croner';

/**
 * The local times that a cron pattern names: a calendar without time zones, because the library is only asked in UTC.
 * What follows from clocks that are changed is in `cron-times.ts`.
 */
export class CronPattern {
  /** Its hour is `*`: it is about each hour, not about times of the day. */
  readonly isHourly: boolean;
  /** Its minute has a `*` or a step: it repeats within the hour. */
  readonly repeats: boolean;
  readonly #cron: Cron;

  /** @throws InvalidArgumentError for what is no pattern. */
  constructor(pattern: string) {
    this.#cron = parsed(pattern);
    const fields = (nicknames.get(pattern.trim().toLowerCase()) ?? pattern.trim()).split(/\s+/);
    const [minute = '', hour = ''] = fields.slice(fields.length - 5);
    this.isHourly = /^[*?](?:\/1)?$/.test(hour);
    this.repeats = /[*?/]/.test(minute);
  }

  /** The first local time of the pattern after this one; undefined if there is none. */
  after(local: number): number | undefined {
    return this.#cron.nextRun(new Date(local))?.getTime();
  }
}

/** Those that are about an hour: all others name a time of the day. */
const nicknames: ReadonlyMap<string, string> = new Map([['@hourly', '0 * * * *']]);

function parsed(pattern: string): Cron {
  if (typeof pattern !== 'string') {
    throw new InvalidArgumentError(`cron is a pattern, e.g. '0 3 * * *', got ${shown(pattern)}`);
  }
  try {
    return new Cron(pattern, { paused: true, utcOffset: 0, mode: '5-or-6-parts' });
  } catch (error) {
    throw new InvalidArgumentError(
      `cron is a pattern of 5 or 6 fields, e.g. '0 3 * * *' or '@daily', got ${shown(pattern)}: ${asError(error).message}`,
    );
  }
}
