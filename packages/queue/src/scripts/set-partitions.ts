import { defineScript } from '@redpost/core';
import { clockPart } from '@redpost/core/consuming';
import type { QueueKeys } from '../keys.js';
import { type Division, divisionOf } from '../partitions/division.js';
import { declaringPart } from './parts/parts.js';
import { namedKeys } from './script-keys.js';
import source from './set-partitions.lua';

export interface SetPartitionsInput {
  keys: QueueKeys;
  count: number;
  /** Leave the number as it is where the queue is divided already. */
  isFirst: boolean;
}

export const setPartitions = defineScript<SetPartitionsInput, Division>({
  name: 'set-partitions',
  uses: [clockPart, declaringPart],
  keys: namedKeys('shape', 'seen'),
  args: {
    signal: ({ keys }) => keys.signal,
    count: ({ count }) => count,
    is_first: ({ isFirst }) => (isFirst ? 1 : 0),
  },
  lua: source,
  looksFirst: () => true,
  parse(reply) {
    const fields = (reply as (Buffer | null)[]).map((field) => field?.toString());
    return divisionOf(...fields);
  },
});
