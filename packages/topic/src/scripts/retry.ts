import { defineScript } from '@redpost/core';
import { clockPart } from '@redpost/core/consuming';
import type { GroupKeys } from '../topic-keys.js';
import { heldPart, offsetsPart, waitingPart } from './parts/parts.js';
import source from './retry.lua';
import { groupKeys } from './script-keys.js';

export interface RetryInput {
  keys: GroupKeys;
  group: string;
  consumer: string;
  /** The channel. */
  signal: string;
  records: readonly { offset: string; attempt: number; delayMs: number }[];
}

/** For each record: whether it was still held. */
export const retry = defineScript<RetryInput, boolean[]>({
  name: 'retry',
  uses: [clockPart, waitingPart, heldPart, offsetsPart],
  keys: groupKeys('stream', 'consumers', 'delayed', 'suspects', 'stats'),
  args: {
    group: ({ group }) => group,
    consumer: ({ consumer }) => consumer,
    signal: ({ signal }) => signal,
  },
  rest: ({ records }) =>
    records.flatMap(({ offset, attempt, delayMs }) => [offset, attempt, delayMs]),
  lua: source,
  parse: (reply) => (reply as number[]).map((held) => held === 1),
});
