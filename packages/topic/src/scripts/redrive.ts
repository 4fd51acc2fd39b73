import { defineScript } from '@redpost/core';
import { entriesPart } from '@redpost/core/consuming';
import type { GroupKeys } from '../topic-keys.js';
import source from './redrive.lua';
import { groupKeys } from './script-keys.js';

export interface RedriveInput {
  keys: GroupKeys;
  group: string;
  /** Ids of entries of the dead letters, `-` and `+` for the ends. `(` in front of an id excludes this entry. */
  from: string;
  to: string;
  limit: number;
}

/** The ids of the dead letters that were published again. */
export const redrive = defineScript<RedriveInput, string[]>({
  name: 'redrive',
  uses: [entriesPart],
  keys: groupKeys('dead', 'stream'),
  args: {
    group: ({ group }) => group,
    from: ({ from }) => from,
    to: ({ to }) => to,
    limit: ({ limit }) => limit,
  },
  lua: source,
  looksFirst: () => true,
  parse: (reply) => (reply as Buffer[]).map(String),
});
