import { defineScript } from '@redpost/core';
import { clockPart } from '@redpost/core/consuming';
import type { GroupKeys } from '../topic-keys.js';
import source from './leave.lua';
import { heldPart, returnRecordPart } from './parts/parts.js';
import { groupKeys, registration } from './script-keys.js';

export interface LeaveInput {
  keys: GroupKeys;
  group: string;
  consumer: string;
  /** The channel. */
  signal: string;
}

/** How many records were returned. */
export const leave = defineScript<LeaveInput, number>({
  name: 'leave',
  uses: [clockPart, heldPart, returnRecordPart],
  keys: { ...groupKeys('stream', 'consumers', 'delayed', 'suspects'), registration },
  args: {
    group: ({ group }) => group,
    consumer: ({ consumer }) => consumer,
    signal: ({ signal }) => signal,
  },
  lua: source,
  parse: Number,
});
