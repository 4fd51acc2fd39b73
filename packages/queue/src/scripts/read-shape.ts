import { defineScript } from '@redpost/core';
import { clockPart } from '@redpost/core/consuming';
import type { QueueKeys } from '../keys.js';
import { type Shape, shapeOf } from '../shape/shape.js';
import { shapePart } from './parts/parts.js';
import source from './read-shape.lua';
import { namedKeys } from './script-keys.js';

export const readShape = defineScript<{ keys: QueueKeys }, Shape>({
  name: 'read-shape',
  uses: [clockPart, shapePart],
  keys: namedKeys('shape', 'seen'),
  args: { signal: ({ keys }) => keys.signal },
  lua: source,
  looksFirst: () => true,
  parse: (reply) => shapeOf(reply as Buffer[]),
});
