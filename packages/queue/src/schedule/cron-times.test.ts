import { describe, expect, it } from 'vitest';
import { CronTimes } from './cron-times.js';

const minuteMs = 60_000;
const dayMinutes = 1440;
/** 2026 to 2028, and a day around them. */
const firstMinute = Date.UTC(2025, 11, 31) / minuteMs;
const endMinute = Date.UTC(2029, 0, 2) / minuteMs;

const zones = [
  'Europe/Berlin',
  'America/New_York',
  'Australia/Lord_Howe',
  'America/Santiago',
  'Africa/Casablanca',
  'Asia/Kathmandu',
];

interface Local {
  minute: number;
  hour: number;
  day: number;
  month: number;
  weekday: number;
}

/** What follows when clocks are changed: see `CronTimes`. */
type Kind = 'time of day' | 'repeats in some hours' | 'every hour';

interface Case {
  pattern: string;
  kind: Kind;
  matches: (local: Local) => boolean;
}

/** By hand, and not by a parser. */
const cases: Case[] = [
  { pattern: '30 2 * * *', kind: 'time of day', matches: (l) => l.hour === 2 && l.minute === 30 },
  { pattern: '0 0 * * *', kind: 'time of day', matches: (l) => l.hour === 0 && l.minute === 0 },
  { pattern: '@daily', kind: 'time of day', matches: (l) => l.hour === 0 && l.minute === 0 },
  { pattern: '45 1 * * *', kind: 'time of day', matches: (l) => l.hour === 1 && l.minute === 45 },
  {
    pattern: '0,30 0-3 * * *',
    kind: 'time of day',
    matches: (l) => l.hour <= 3 && l.minute % 30 === 0,
  },
  {
    pattern: '15 */2 * * *',
    kind: 'time of day',
    matches: (l) => l.hour % 2 === 0 && l.minute === 15,
  },
  {
    pattern: '0 3 1 * MON',
    kind: 'time of day',
    matches: (l) => l.hour === 3 && l.minute === 0 && (l.day === 1 || l.weekday === 1),
  },
  {
    pattern: '0 2 * 3,4,10 7',
    kind: 'time of day',
    matches: (l) =>
      l.hour === 2 && l.minute === 0 && l.weekday === 0 && [3, 4, 10].includes(l.month),
  },
  {
    pattern: '15 2 29 2 *',
    kind: 'time of day',
    matches: (l) => l.hour === 2 && l.minute === 15 && l.day === 29 && l.month === 2,
  },
  {
    pattern: '*/20 1-2 * * *',
    kind: 'repeats in some hours',
    matches: (l) => (l.hour === 1 || l.hour === 2) && l.minute % 20 === 0,
  },
  { pattern: '*/30 * * * *', kind: 'every hour', matches: (l) => l.minute % 30 === 0 },
  { pattern: '@hourly', kind: 'every hour', matches: (l) => l.minute === 0 },
  { pattern: '10 * * * *', kind: 'every hour', matches: (l) => l.minute === 10 },
  {
    pattern: '5-59/25 * * * *',
    kind: 'every hour',
    matches: (l) => [5, 30, 55].includes(l.minute),
  },
];

/** For each real minute of the years the local one, as minutes since 1970. */
function clockOf(zone: string): Int32Array {
  const format = new Intl.DateTimeFormat('en-GB', {
    timeZone: zone,
    dateStyle: 'short',
    timeStyle: 'short',
  });
  const shown = (minute: number): number => {
    const text = format.format(minute * minuteMs);
    const [day, month, year, hour, min] = (text.match(/\d+/g) ?? []).map(Number) as number[];
    return Date.UTC(year as number, (month as number) - 1, day, hour, min) / minuteMs;
  };
  const clock = new Int32Array(endMinute - firstMinute);
  // Between two half hours with the same difference to UTC, each minute has it; else it is asked for each.
  for (let at = 0; at < clock.length; at += 30) {
    const begin = shown(firstMinute + at);
    const isSame = shown(firstMinute + at + 30) - begin === 30;
    for (let i = 0; i < 30; i += 1)
      clock[at + i] = isSame ? begin + i : shown(firstMinute + at + i);
  }
  return clock;
}

/** What the calendar says of the days, from the one before the first minute on. */
const firstDay = firstMinute / dayMinutes - 1;
const days = Array.from({ length: (endMinute - firstMinute) / dayMinutes + 3 }, (_, i) => {
  const date = new Date((firstDay + i) * dayMinutes * minuteMs);
  return { day: date.getUTCDate(), month: date.getUTCMonth() + 1, weekday: date.getUTCDay() };
});

/** One object for all minutes, because there are millions. */
const local: Local = { minute: 0, hour: 0, day: 0, month: 0, weekday: 0 };
let localDay = -1;

function localOf(minute: number): Local {
  const dayNumber = Math.floor(minute / dayMinutes);
  if (dayNumber !== localDay) Object.assign(local, days[dayNumber - firstDay]);
  localDay = dayNumber;
  const inDay = minute - dayNumber * dayMinutes;
  local.hour = Math.floor(inDay / 60);
  local.minute = inDay % 60;
  return local;
}

/** Walks every real minute, as somebody would who looks at the clock on the wall. Returns minutes since 1970. */
function ticksBy(clock: Int32Array, { kind, matches }: Case): number[] {
  const ticks: number[] = [];
  let latest = (clock[0] as number) - 1;
  for (let at = 0; at < clock.length; at += 1) {
    const now = clock[at] as number;
    const isShownAgain = now <= latest;
    let isTick = matches(localOf(now)) && !(isShownAgain && kind === 'time of day');
    // What the clock has skipped.
    for (let skipped = latest + 1; skipped < now; skipped += 1) {
      if (kind !== 'every hour' && matches(localOf(skipped))) isTick = true;
    }
    if (isTick) ticks.push(firstMinute + at);
    latest = Math.max(latest, now);
  }
  return ticks;
}

/** The real minutes at which the clock is changed, with those a day before and after. */
function changesOf(clock: Int32Array): number[] {
  const changes: number[] = [];
  for (let at = 1; at < clock.length; at += 1) {
    if ((clock[at] as number) - (clock[at - 1] as number) !== 1) changes.push(firstMinute + at);
  }
  return changes;
}

const iso = (ms: number | undefined) => (ms === undefined ? ms : new Date(ms).toISOString());

describe.each(zones)('cron in %s', (zone) => {
  const clock = clockOf(zone);
  const changes = changesOf(clock);

  it.each(cases)(
    '$pattern has the same times as a walk through every minute of three years',
    (one) => {
      const expected = ticksBy(clock, one);
      const times = new CronTimes(one.pattern, zone);
      const isDense = expected.length > 5000;
      let at = 0;
      const next = (after: number) => {
        while ((expected[at] as number) * minuteMs <= after) at += 1;
        return expected[at] as number;
      };
      const end = (expected.at(-1) as number) * minuteMs;

      const wrong: unknown[] = [];
      const check = (from: number, to: number) => {
        const found = times.after(from);
        if (found !== to) wrong.push({ from: iso(from), to: iso(to), found: iso(found) });
      };

      // From one tick to the next: all of them, or those around each change of the clocks.
      const isNear = (minute: number) =>
        !isDense || changes.some((change) => Math.abs(change - minute) < dayMinutes / 4);
      for (let i = 0; i + 1 < expected.length; i += 1) {
        const [from, to] = [expected[i], expected[i + 1]] as [number, number];
        if (isNear(from)) check(from * minuteMs, to * minuteMs);
      }

      // From any time: one on each day, and every few minutes around each change of the clocks.
      const starts: number[] = [];
      for (let minute = firstMinute; minute < endMinute; minute += dayMinutes + 1)
        starts.push(minute);
      for (const change of changes) {
        for (let minute = change - 131; minute < change + 131; minute += 7) starts.push(minute);
      }
      for (const minute of starts.sort((a, b) => a - b)) {
        const from = minute * minuteMs - (minute % 2);
        if (from < end) check(from, next(from) * minuteMs);
      }
      expect(wrong).toEqual([]);
    },
    60_000,
  );
});
