import { defineScript } from '@redpost/core';
import { clockPart } from '@redpost/core/consuming';
import type { GroupKeys } from '../topic-keys.js';
import { heldPart, returnRecordPart } from './parts/parts.js';
import source from './release.lua';
import { groupKeys } from './script-keys.js';

export interface ReleaseInput {
  keys: GroupKeys;
  group: string;
  consumer: string;
  /** The channel. */
  signal: string;
  /** The records to return, or all that the consumer holds except the given ones. */
  chosen: { only: readonly string[] } | { allBut: readonly string[] };
}

/** The offsets of the records that were returned. */
export const release = defineScript<ReleaseInput, string[]>({
  name: 'release',
  uses: [clockPart, heldPart, returnRecordPart],
  keys: groupKeys('stream', 'consumers', 'delayed', 'suspects'),
  args: {
    group: ({ group }) => group,
    consumer: ({ consumer }) => consumer,
    signal: ({ signal }) => signal,
    all_but: ({ chosen }) => ('allBut' in chosen ? 1 : 0),
  },
  rest: ({ chosen }) => ('allBut' in chosen ? chosen.allBut : chosen.only),
  lua: source,
  parse: (reply) => (reply as Buffer[]).map(String),
});
