import type { Schedule } from '@redpost/queue';
import { durationText } from './duration-text.js';
import { type Columns, shortTime, table } from './table.js';

const columns: Columns<Schedule<Buffer>> = [
  // A name may have any characters.
  ['SCHEDULE', ({ name }) => (/^[\x21-\x7e]+$/.test(name) ? name : JSON.stringify(name))],
  ['TICKS AT', timing],
  ['NEXT', nextText],
  ['LAST', ({ last }) => (last ? shortTime(last) : '-')],
  ['TICKS', ({ ticks, limit }) => (limit === undefined ? ticks : `${ticks} of ${limit}`)],
];

/** A row for each schedule. */
export function scheduleTable(schedules: readonly Schedule<Buffer>[]): string {
  return table(columns, schedules);
}

function timing({ cron, timeZone, everyMs = 0 }: Schedule<Buffer>): string {
  if (cron === undefined) return `every ${durationText(everyMs)}`;
  return timeZone === 'UTC' ? cron : `${cron} ${timeZone}`;
}

function nextText({ next, isPaused }: Schedule<Buffer>): string {
  if (next) return shortTime(next);
  return isPaused ? 'paused' : 'ended';
}
