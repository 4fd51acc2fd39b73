import { defineScript } from '@redpost/core';
import { clockPart, mostBytesPart } from '@redpost/core/consuming';
import type { QueueKeys } from '../keys.js';
import { envelopePart, oncePart, returnPart } from './parts/parts.js';
import source from './redrive.lua';
import { namedKeys, placeArgs, placeKeys } from './script-keys.js';

export interface RedriveInput {
  keys: QueueKeys;
  /** Ids of entries of the stream, `-` and `+` for the ends; `(` before one leaves it out. */
  from: string;
  to: string;
  limit: number;
}

/** The ids of the entries that were moved. */
export const redrive = defineScript<RedriveInput, string[]>({
  name: 'redrive',
  uses: [clockPart, mostBytesPart, envelopePart, oncePart, returnPart],
  keys: namedKeys(...placeKeys, 'dead', 'once'),
  args: {
    first: ({ from }) => from,
    last: ({ to }) => to,
    limit: ({ limit }) => limit,
    ...placeArgs,
  },
  lua: source,
  looksFirst: () => true,
  parse: (reply) => (reply as Buffer[]).map(String),
});
