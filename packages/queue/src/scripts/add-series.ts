import { defineScript } from '@redpost/core';
import { clockPart, writeBeforeGrowingPart } from '@redpost/core/consuming';
import type { QueueKeys } from '../keys.js';
import source from './add-series.lua';
import { namedKeys } from './script-keys.js';

/** For how long sums are kept: 48 hours of minutes, 90 days of hours. */
export const keptSums = { minute: 48 * 60, hour: 90 * 24 };
/** Of so many keys it is kept for how long handlers had them, in each of two hours. */
const keptKeys = 200;

export interface AddSeriesInput {
  keys: QueueKeys;
  /** See docs/protocol.md. */
  numbers: readonly number[];
  /** For how long handlers had messages of these keys, in ms. */
  keyTimes: readonly (readonly [key: string, ms: number])[];
}

/** Adds numbers to the sums of this minute and this hour, by the server's clock. */
export const addSeries = defineScript<AddSeriesInput, void>({
  name: 'add-series',
  uses: [clockPart, writeBeforeGrowingPart],
  keys: namedKeys('series'),
  args: {
    minutes: () => keptSums.minute,
    hours: () => keptSums.hour,
    most_keys: () => keptKeys,
    numbers: ({ numbers }) => numbers.length,
  },
  rest: ({ numbers, keyTimes }) => [...numbers, ...keyTimes.flat()],
  lua: source,
  looksFirst: () => true,
  parse: () => undefined,
});
