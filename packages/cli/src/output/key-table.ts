import type { KeyStats } from '@redpost/queue';
import { spokenDuration } from './notices.js';
import { type Columns, shortTime, table } from './table.js';

const columns: Columns<KeyStats> = [
  // A key may have any characters.
  ['KEY', ({ key }) => (/^[\x21-\x7e]+$/.test(key) ? key : JSON.stringify(key))],
  ['PENDING', ({ pending }) => pending],
  ['ACTIVE', ({ active }) => active],
  ['WAITS SINCE', ({ waitsSince }) => timeOr(waitsSince)],
  ['NOT BEFORE', ({ notBefore }) => timeOr(notBefore)],
  ['HANDLER TIME', ({ handlerMs }) => (handlerMs > 0 ? spokenDuration(handlerMs) : '-')],
  ['PAUSED', ({ isPaused, pausedUntil }) => (isPaused ? pauseText(pausedUntil) : '-')],
];

/** A row for each key. */
export function keyTable(keys: readonly KeyStats[]): string {
  return table(columns, keys);
}

function timeOr(time: Date | undefined): string {
  return time ? shortTime(time) : '-';
}

function pauseText(until: Date | undefined): string {
  return until ? `until ${shortTime(until)}` : 'yes';
}
