import { defineScript } from '@redpost/core';
import type { GroupKeys } from '../topic-keys.js';
import { waitingPart } from './parts/parts.js';
import { groupKeys } from './script-keys.js';
import source from './seek.lua';

export interface SeekInput {
  keys: GroupKeys;
  group: string;
  /** The group reads the records after it; `$` for the end. */
  offset: string;
  /** The channel. */
  signal: string;
}

export const seek = defineScript<SeekInput, void>({
  name: 'seek',
  uses: [waitingPart],
  keys: groupKeys('stream', 'delayed', 'suspects'),
  args: {
    group: ({ group }) => group,
    offset: ({ offset }) => offset,
    signal: ({ signal }) => signal,
  },
  lua: source,
  looksFirst: () => true,
  parse: () => undefined,
});
