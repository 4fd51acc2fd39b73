import { defineScript } from '@redpost/core';
import type { QueueKeys } from '../keys.js';
import { flowPart, oncePart, wrongPlacePart } from './parts/parts.js';
import type { OutboxEntry } from './read-outbox.js';
import source from './receive.lua';
import { flowArgs, flowKeys, looksFirstButAtKeys, namedKeys } from './script-keys.js';

export interface ReceiveInput {
  keys: QueueKeys;
  /** What names the outbox that they come from. */
  source: string;
  /** Its entries, in their order. */
  entries: readonly OutboxEntry[];
}

/** How many were new. */
export const receive = defineScript<ReceiveInput, number>({
  name: 'receive',
  uses: [flowPart, oncePart, wrongPlacePart],
  keys: namedKeys(...flowKeys, 'inbox', 'once'),
  args: {
    source: ({ source: name }) => name,
    ids: ({ entries }) => JSON.stringify(entries.map(({ id }) => id)),
    ...flowArgs,
  },
  rest: ({ entries }) => entries.flatMap(({ delay, ttl, element }) => [delay, ttl, element]),
  lua: source,
  looksFirst: looksFirstButAtKeys,
  parse: (reply) => reply as number,
});
