import { defineScript } from '@redpost/core';
import { clockPart } from '@redpost/core/consuming';
import type { QueueKeys } from '../keys.js';
import { keysPart } from './parts/parts.js';
import source from './reshape.lua';
import { namedKeys, placeArgs, placeKeys } from './script-keys.js';

export interface ReshapeInput {
  keys: QueueKeys;
  /** Fields to delete. */
  drop: readonly string[];
  /** A field to set to the server's time. */
  stamp?: string;
  /** Fields to set. */
  set?: Readonly<Record<string, string | number>>;
}

export interface ReshapeResult {
  /** The version of the shape now; '' for none. */
  version: string;
  /** How many of the fields to delete were there. */
  deleted: number;
}

export const reshape = defineScript<ReshapeInput, ReshapeResult>({
  name: 'reshape',
  uses: [clockPart, keysPart],
  keys: namedKeys(...placeKeys, 'holders'),
  args: {
    ...placeArgs,
    dropped: ({ drop }) => drop.length,
    stamp: ({ stamp }) => stamp ?? '',
  },
  rest: ({ drop, set = {} }) => [...drop, ...Object.entries(set).flat()],
  lua: source,
  looksFirst: () => true,
  parse(reply) {
    const [version, deleted] = reply as [Buffer, number];
    return { version: String(version), deleted };
  },
});
