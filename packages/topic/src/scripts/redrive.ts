import { defineScript } from '@redpost/core';
import { entriesPart } from '@redpost/core/consuming';
import type { GroupKeys } from '../topic-keys.js';
import { closedPart } from './parts/parts.js';
import source from './redrive.lua';
import { groupKeys } from './script-keys.js';

export interface RedriveInput {
  keys: GroupKeys;
  group: string;
  /** Ids of entries of the dead letters, `-` and `+` for the ends. `(` in front of an id excludes this entry. */
  from: string;
  to: string;
  limit: number;
  /** What is published instead of their bodies. Default: the bodies as they are. */
  body?: string | Buffer | undefined;
}

/** The ids of the dead letters that were published again. Undefined when the partition gets no more records: nothing was published. */
export const redrive = defineScript<RedriveInput, string[] | undefined>({
  name: 'redrive',
  uses: [entriesPart, closedPart],
  keys: groupKeys('dead', 'stream'),
  args: {
    group: ({ group }) => group,
    from: ({ from }) => from,
    to: ({ to }) => to,
    limit: ({ limit }) => limit,
  },
  rest: ({ body }) => (body === undefined ? [] : [body]),
  lua: source,
  looksFirst: () => true,
  parse: (reply) => (reply === null ? undefined : (reply as Buffer[]).map(String)),
});
