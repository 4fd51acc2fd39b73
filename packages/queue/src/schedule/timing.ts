import { CronTimes } from './cron-times.js';

/** When the ticks of a schedule are. Times are in ms since 1970. */
export interface Timing {
  readonly cron?: string;
  readonly timeZone?: string;
  readonly everyMs?: number;
  readonly from?: number;
  readonly until?: number;
  readonly limit?: number;
}

/** Patterns and zones that were used last, because it takes a while to read them. */
const read = new Map<string, CronTimes>();
const mostRead = 1000;

/** @throws InvalidArgumentError for a pattern or a time zone that is none. */
function cronTimes(pattern: string, timeZone: string): CronTimes {
  const name = `${pattern}\n${timeZone}`;
  const times = read.get(name) ?? new CronTimes(pattern, timeZone);
  read.delete(name);
  read.set(name, times);
  for (const oldest of read.keys()) {
    if (read.size <= mostRead) break;
    read.delete(oldest);
  }
  return times;
}

/**
 * The first tick after `instant`, without regard to `limit`; undefined if there is none.
 *
 * @param origin when the schedule was set first: `everyMs` counts from then on, unless it has a `from`.
 * @throws InvalidArgumentError for a pattern or a time zone that is not known here.
 */
export function tickAfter(timing: Timing, origin: number, instant: number): number | undefined {
  const { cron, everyMs = 0, timeZone = 'UTC', from = origin, until } = timing;
  const after = Math.max(instant, (timing.from ?? Number.NEGATIVE_INFINITY) - 1);
  const next =
    cron === undefined
      ? from + Math.max(0, Math.floor((after - from) / everyMs) + 1) * everyMs
      : cronTimes(cron, timeZone).after(after);
  return next === undefined || (until !== undefined && next > until) ? undefined : next;
}

/** The last tick up to `now`, of those from `first` on, which is one of them. */
export function lastTick(timing: Timing, origin: number, first: number, now: number): number {
  // A window that grows, so that few ticks are looked at, however many there were.
  for (let windowMs = timing.everyMs ?? 60_000; now - windowMs > first; windowMs *= 4) {
    let last = tickAfter(timing, origin, now - windowMs);
    if (last === undefined || last > now) continue;
    for (let next: number | undefined = last; next !== undefined && next <= now; ) {
      last = next;
      next = tickAfter(timing, origin, last);
    }
    return last;
  }
  let last = first;
  for (let next: number | undefined = first; next !== undefined && next <= now; ) {
    last = next;
    next = tickAfter(timing, origin, last);
  }
  return last;
}
