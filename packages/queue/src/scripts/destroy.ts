import { defineScript } from '@redpost/core';
import type { QueueKeys } from '../keys.js';
import source from './destroy.lua';

/** How many messages were deleted with their queue. */
export interface DestroyResult {
  pending: number;
  active: number;
  delayed: number;
  dead: number;
}

export const destroy = defineScript<{ keys: QueueKeys }, DestroyResult>({
  name: 'destroy',
  lua: source,
  looksFirst: () => true,
  encode: ({ keys }) => ({
    keys: [keys.list, keys.suspects, keys.delayed, keys.dead, keys.consumers, keys.stats],
    args: [keys.active(''), keys.batches(''), keys.handoff('')],
  }),
  parse(reply) {
    const [pending, active, delayed, dead] = reply as [number, number, number, number];
    return { pending, active, delayed, dead };
  },
});
