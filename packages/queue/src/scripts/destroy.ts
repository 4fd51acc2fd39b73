import { defineScript } from '@redpost/core';
import type { QueueKeys } from '../keys.js';
import source from './destroy.lua';
import { namedKeys } from './script-keys.js';

/** How many messages were deleted with their queue. */
export interface DestroyResult {
  pending: number;
  active: number;
  delayed: number;
  dead: number;
}

export const destroy = defineScript<{ keys: QueueKeys }, DestroyResult>({
  name: 'destroy',
  keys: namedKeys(
    'list',
    'returned',
    'suspects',
    'delayed',
    'dead',
    'consumers',
    'stats',
    'shape',
    'seen',
    'holders',
  ),
  args: {
    active_prefix: ({ keys }) => keys.active(''),
    batches_prefix: ({ keys }) => keys.batches(''),
    handoff_prefix: ({ keys }) => keys.handoff(''),
  },
  lua: source,
  looksFirst: () => true,
  parse(reply) {
    const [pending, active, delayed, dead] = reply as [number, number, number, number];
    return { pending, active, delayed, dead };
  },
});
