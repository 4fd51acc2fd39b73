import { InvalidArgumentError, shown } from '@redpost/core';

const secondMs = 1000;
const hourMs = 3_600_000;
/** No local time is further from UTC than this: zones reach from -12 to +14 hours. */
const farthestBehindMs = 13 * hourMs;
const farthestAheadMs = 15 * hourMs;
/** No clock is set back by more than this. */
const longestOverlapMs = 3 * hourMs;

/** The instants at which the clocks of a zone show a time: mostly one, and two while they are set back. */
export interface Instants {
  readonly all: readonly number[];
  /** For a time that the clocks skip: the first instant after the gap. */
  readonly gapEnd: number | undefined;
}

/**
 * The clocks of a time zone. A *local time* is what they show, as if that were UTC, in ms since 1970; an *instant* is in
 * ms since 1970.
 */
export class TimeZone {
  readonly #format: Intl.DateTimeFormat;

  /** @throws InvalidArgumentError for a zone that is not known here. */
  constructor(name: string) {
    try {
      this.#format = new Intl.DateTimeFormat('en-US', {
        timeZone: name,
        hourCycle: 'h23',
        year: 'numeric',
        month: 'numeric',
        day: 'numeric',
        hour: 'numeric',
        minute: 'numeric',
        second: 'numeric',
      });
    } catch {
      throw new InvalidArgumentError(
        `timeZone is the name of a time zone, e.g. 'Europe/Berlin' or 'UTC', got ${shown(name)}`,
      );
    }
  }

  /** What the clocks show. */
  localAt(instant: number): number {
    return instant + this.#offsetAt(instant);
  }

  instantsAt(local: number): Instants {
    // A zone's clocks are not changed twice within these few hours.
    const earliest = local - farthestAheadMs;
    const latest = local + farthestBehindMs;
    const before = local - this.#offsetAt(earliest);
    const after = local - this.#offsetAt(latest);
    if (before === after) return { all: [before], gapEnd: undefined };
    const all = [before, after].filter((instant) => this.localAt(instant) === local);
    return { all, gapEnd: all.length > 0 ? undefined : this.#changeBetween(earliest, latest) };
  }

  /** When the clocks are set back next, if that is so soon that they show again what they show at `instant`. */
  setBackAfter(instant: number): number | undefined {
    const later = instant + longestOverlapMs;
    if (this.#offsetAt(later) >= this.#offsetAt(instant)) return undefined;
    return this.#changeBetween(instant, later);
  }

  /** The first whole second with the offset of `latest`, between two instants with different offsets. */
  #changeBetween(earliest: number, latest: number): number {
    const offset = this.#offsetAt(latest);
    let before = Math.floor(earliest / secondMs);
    let after = Math.ceil(latest / secondMs);
    while (after - before > 1) {
      const middle = Math.floor((before + after) / 2);
      if (this.#offsetAt(middle * secondMs) === offset) after = middle;
      else before = middle;
    }
    return after * secondMs;
  }

  #offsetAt(instant: number): number {
    const whole = Math.floor(instant / secondMs) * secondMs;
    // As in "3/29/2026, 02:30:00". Taking the parts from `formatToParts` would take twice as long.
    const shown = (this.#format.format(whole).match(/\d+/g) ?? []).map(Number);
    const [month = 0, day, year = 0, hour, minute, second] = shown;
    return Date.UTC(year, month - 1, day, hour, minute, second) - whole;
  }
}
