import type { ListedKey } from '@redpost/queue';
import { spokenDuration } from './notices.js';
import { type Columns, shortTime, table } from './table.js';

const columns: Columns<ListedKey> = [
  ['KEY', ({ key }) => (key === undefined ? '(no key)' : keyText(key))],
  ['PENDING', ({ pending }) => pending],
  ['ACTIVE', ({ active }) => active ?? '-'],
  ['WAITS SINCE', ({ waitsSince }) => timeOr(waitsSince)],
  ['NOT BEFORE', ({ notBefore }) => timeOr(notBefore)],
  ['HANDLER TIME', ({ handlerMs }) => (handlerMs > 0 ? spokenDuration(handlerMs) : '-')],
  ['PAUSED', ({ isPaused, pausedUntil }) => (isPaused ? pauseText(pausedUntil) : '-')],
];

/** A row for each key. */
export function keyTable(keys: readonly ListedKey[]): string {
  return table(columns, keys);
}

/** A key may have any characters. */
function keyText(key: string): string {
  return /^[\x21-\x27\x2a-\x7e]+$/.test(key) ? key : JSON.stringify(key);
}

function timeOr(time: Date | undefined): string {
  return time ? shortTime(time) : '-';
}

function pauseText(until: Date | undefined): string {
  return until ? `until ${shortTime(until)}` : 'yes';
}
