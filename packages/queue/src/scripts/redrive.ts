import { defineScript } from '@redpost/core';
import { clockPart, mostBytesPart } from '@redpost/core/consuming';
import type { QueueKeys } from '../keys.js';
import { redrivenPart } from './parts/parts.js';
import source from './redrive.lua';
import { looksFirstButAtKeys, namedKeys, placeArgs, placeKeys, resultArgs } from './script-keys.js';

/** Dead letters between two entries, both included. */
interface DeadRange {
  /** Ids of entries of the stream, `-` and `+` for the ends; `(` before one leaves it out. */
  from: string;
  to: string;
  /** What is sent instead. Default: the message as it is. */
  element?: Buffer | undefined;
}

export interface RedriveInput {
  keys: QueueKeys;
  ranges: readonly DeadRange[];
  limit: number;
}

/** The ids of the entries that were moved. */
export const redrive = defineScript<RedriveInput, string[]>({
  name: 'redrive',
  uses: [clockPart, mostBytesPart, redrivenPart],
  keys: namedKeys('list', ...placeKeys, 'dead', 'once'),
  args: { limit: ({ limit }) => limit, ...placeArgs, ...resultArgs },
  rest: ({ ranges }) => ranges.flatMap(({ from, to, element }) => [from, to, element ?? '']),
  lua: source,
  looksFirst: looksFirstButAtKeys,
  parse: (reply) => (reply as Buffer[]).map(String),
});
