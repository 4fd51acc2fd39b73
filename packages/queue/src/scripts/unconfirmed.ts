import { defineScript } from '@redpost/core';
import { clockPart } from '@redpost/core/consuming';
import type { QueueKeys } from '../keys.js';
import { shapePart } from './parts/parts.js';
import { namedKeys } from './script-keys.js';
import source from './unconfirmed.lua';

export interface UnconfirmedInput {
  keys: QueueKeys;
  /** The version of the shape. */
  version: string;
}

/** The consumers that have not confirmed this shape; none when the queue has another one by now. */
export const unconfirmed = defineScript<UnconfirmedInput, string[]>({
  name: 'unconfirmed',
  uses: [clockPart, shapePart],
  keys: namedKeys('shape', 'seen', 'consumers'),
  args: { signal: ({ keys }) => keys.signal, version: ({ version }) => version },
  lua: source,
  parse: (reply) => ((reply ?? []) as Buffer[]).map(String),
});
