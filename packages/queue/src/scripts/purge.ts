import { defineScript } from '@redpost/core';
import type { QueueKeys } from '../keys.js';
import source from './purge.lua';
import { namedKeys } from './script-keys.js';

/** How many messages were deleted. */
export interface PurgeResult {
  pending: number;
  delayed: number;
}

export const purge = defineScript<{ keys: QueueKeys }, PurgeResult>({
  name: 'purge',
  keys: namedKeys('list', 'returned', 'suspects', 'delayed'),
  lua: source,
  looksFirst: () => true,
  parse(reply) {
    const [pending, delayed] = reply as [number, number];
    return { pending, delayed };
  },
});
