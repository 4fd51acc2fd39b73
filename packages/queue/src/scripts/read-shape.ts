import { defineScript } from '@redpost/core';
import { clockPart } from '@redpost/core/consuming';
import type { QueueKeys } from '../keys.js';
import { type Shape, shapeOf } from '../shape/shape.js';
import { shapePart } from './parts/parts.js';
import source from './read-shape.lua';
import { namedKeys } from './script-keys.js';

/** What the queue has declared, as one of its consumers asks; undefined when that holds no lease. */
export const readShape = defineScript<{ keys: QueueKeys; consumer: string }, Shape | undefined>({
  name: 'read-shape',
  uses: [clockPart, shapePart],
  keys: namedKeys('shape', 'seen', 'consumers'),
  args: { consumer: ({ consumer }) => consumer, signal: ({ keys }) => keys.signal },
  lua: source,
  looksFirst: () => true,
  parse: (reply) => (reply === null ? undefined : shapeOf(reply as Buffer[])),
});
