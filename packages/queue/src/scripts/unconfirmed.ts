import { defineScript } from '@redpost/core';
import { clockPart } from '@redpost/core/consuming';
import type { QueueKeys } from '../keys.js';
import { shapePart } from './parts/parts.js';
import { namedKeys } from './script-keys.js';
import source from './unconfirmed.lua';

/** The consumers that have not confirmed the shape that the queue has now. */
export const unconfirmed = defineScript<{ keys: QueueKeys }, string[]>({
  name: 'unconfirmed',
  uses: [clockPart, shapePart],
  keys: namedKeys('shape', 'seen', 'consumers'),
  args: { signal: ({ keys }) => keys.signal },
  lua: source,
  parse: (reply) => (reply as Buffer[]).map(String),
});
