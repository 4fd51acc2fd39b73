import { defineScript } from '@redpost/core';
import type { QueueKeys } from '../keys.js';
import source from './purge.lua';

/** How many messages were forgotten. */
export interface PurgeResult {
  pending: number;
  delayed: number;
}

export const purge = defineScript<{ keys: QueueKeys }, PurgeResult>({
  name: 'purge',
  lua: source,
  looksFirst: () => true,
  encode: ({ keys }) => ({ keys: [keys.list, keys.suspects, keys.delayed], args: [] }),
  parse(reply) {
    const [pending, delayed] = reply as [number, number];
    return { pending, delayed };
  },
});
