import { defineScript } from '@redpost/core';
import { clockPart } from '@redpost/core/consuming';
import type { QueueKeys } from '../keys.js';
import source from './key-stats.lua';
import { keysPart } from './parts/parts.js';
import { namedKeys, placeArgs, placeKeys } from './script-keys.js';

export interface KeyStatsInput {
  keys: QueueKeys;
  /** Which keys: those with most pending messages, that wait longest, that handlers had for longest, or this one. */
  which: 'pending' | 'age' | 'time' | { key: string };
  /** How many at most. */
  count: number;
}

/** One key of a queue. Times are in ms since 1970, by the server's clock. */
export interface KeyReport {
  /** '' for the messages without a key. */
  key: string;
  pending: number;
  since: number | undefined;
  active: number;
  notBefore: number | undefined;
  /** `Infinity` for a pause that only `resumeKey` ends. */
  pausedUntil: number | undefined;
  /** For how long handlers had its messages, in this hour and the one before. */
  handlerMs: number;
}

const fieldsOfKey = 7;

export const keyStats = defineScript<KeyStatsInput, KeyReport[]>({
  name: 'key-stats',
  uses: [clockPart, keysPart],
  keys: namedKeys('list', ...placeKeys, 'series'),
  args: {
    ...placeArgs,
    by: ({ which }) => (typeof which === 'string' ? which : ''),
    only: ({ which }) => (typeof which === 'string' ? '' : which.key),
    most: ({ count }) => count,
  },
  lua: source,
  looksFirst: () => true,
  parse(reply) {
    const values = (reply as Buffer[]).map(String);
    const number = (text = '') =>
      text === '' ? undefined : Number(text.replace('inf', 'Infinity'));
    return Array.from({ length: values.length / fieldsOfKey }, (_, at) => {
      const [key = '', ...numbers] = values.slice(at * fieldsOfKey, (at + 1) * fieldsOfKey);
      const [pending = 0, since, active = 0, notBefore, pausedUntil, handlerMs = 0] =
        numbers.map(number);
      return { key, pending, since, active, notBefore, pausedUntil, handlerMs };
    });
  },
});
