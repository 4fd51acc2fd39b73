import { defineScript } from '@redpost/core';
import { clockPart } from '@redpost/core/consuming';
import type { QueueKeys } from '../keys.js';
import source from './accept-redriven.lua';
import { redrivenPart } from './parts/parts.js';
import { looksFirstButAtKeys, namedKeys, placeArgs, placeKeys, resultArgs } from './script-keys.js';

/** For how long at least a queue knows what it has accepted: an hour. */
const windowMs = 3_600_000;

export interface AcceptRedrivenInput {
  /** Of the queue that they go to. */
  keys: QueueKeys;
  /** The list that they come from: that of a queue, which is its name, or of one of its partitions. */
  source: string;
  letters: readonly { entry: string; element: Buffer }[];
}

/** How many were new. */
export const acceptRedriven = defineScript<AcceptRedrivenInput, number>({
  name: 'accept-redriven',
  uses: [clockPart, redrivenPart],
  keys: namedKeys('list', ...placeKeys, 'once'),
  args: {
    source: ({ source: name }) => name,
    window_ms: () => windowMs,
    redriven_prefix: ({ keys }) => keys.redriven,
    ...placeArgs,
    ...resultArgs,
  },
  rest: ({ letters }) => letters.flatMap(({ entry, element }) => [entry, element]),
  lua: source,
  looksFirst: looksFirstButAtKeys,
  parse: (reply) => reply as number,
});
