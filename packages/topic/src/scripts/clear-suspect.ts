import { defineScript } from '@redpost/core';
import type { GroupKeys } from '../topic-keys.js';
import source from './clear-suspect.lua';
import { heldPart } from './parts/parts.js';
import { groupKeys } from './script-keys.js';

export interface ClearSuspectInput {
  keys: GroupKeys;
  group: string;
  consumer: string;
  offset: string;
}

/** True when the record was a suspect that this consumer holds. */
export const clearSuspect = defineScript<ClearSuspectInput, boolean>({
  name: 'clear-suspect',
  uses: [heldPart],
  keys: groupKeys('stream', 'consumers', 'suspects'),
  args: {
    group: ({ group }) => group,
    consumer: ({ consumer }) => consumer,
    offset: ({ offset }) => offset,
  },
  lua: source,
  parse: (reply) => reply === 1,
});
