import { CronPattern } from './cron-pattern.js';
import { TimeZone } from './time-zone.js';

const secondMs = 1000;

/**
 * The instants of a cron pattern in a time zone. Where the clocks are changed:
 *
 * - A time that does not exist runs once, at the first instant after the gap.
 * - A time that exists twice runs once, at the first.
 * - A pattern whose hour is `*`, or whose minute repeats within the hour, runs by real time: also when the clocks show
 *   a time again. If its hour is `*`, there is nothing to make up for after a gap.
 */
export class CronTimes {
  readonly #pattern: CronPattern;
  readonly #zone: TimeZone;

  /** @throws InvalidArgumentError for a pattern or a time zone that is none. */
  constructor(pattern: string, timeZone: string) {
    this.#pattern = new CronPattern(pattern);
    this.#zone = new TimeZone(timeZone);
  }

  /** The first instant after this one, in ms since 1970; undefined if there is none. */
  after(instant: number): number | undefined {
    const next = this.#searched(this.#zone.localAt(instant), instant);
    if (!this.#isRealTime) return next;
    const setBack = this.#zone.setBackAfter(instant);
    if (setBack === undefined || (next !== undefined && next < setBack)) return next;
    // What the clocks show again comes before what they have not shown yet.
    return this.#searched(this.#zone.localAt(setBack) - 1, setBack - 1);
  }

  get #isRealTime(): boolean {
    return this.#pattern.isHourly || this.#pattern.repeats;
  }

  /** The first instant after this one whose local time is after `local`. */
  #searched(local: number, after: number): number | undefined {
    let next = this.#pattern.after(local);
    while (next !== undefined) {
      const { all, gapEnd } = this.#zone.instantsAt(next);
      const candidates = this.#isRealTime ? all : all.slice(0, 1);
      const found = candidates.find((instant) => instant > after);
      if (found !== undefined) return found;
      if (gapEnd === undefined) {
        next = this.#pattern.after(next);
      } else {
        if (!this.#pattern.isHourly && gapEnd > after) return gapEnd;
        next = this.#pattern.after(this.#zone.localAt(gapEnd) - secondMs);
      }
    }
    return undefined;
  }
}
