import { defineScript } from '@redpost/core';
import type { QueueKeys } from '../keys.js';
import source from './known-keys.lua';
import { namedKeys } from './script-keys.js';

export interface KnownKeysInput {
  keys: QueueKeys;
  /** The lists of the queue. */
  lists: readonly string[];
  /** Keys of messages, or of `once` and others. */
  moved: readonly string[];
}

/** For each key, whether messages of it are still to go by this list. */
export const knownKeys = defineScript<KnownKeysInput, boolean[]>({
  name: 'known-keys',
  keys: namedKeys('busy', 'once', 'debounced'),
  args: {
    key_prefix: ({ keys }) => keys.lists,
    once_prefix: ({ keys }) => keys.onceWindows,
    throttle_prefix: ({ keys }) => keys.throttleWindows,
    outbox_prefix: ({ keys }) => keys.outbox,
    targets: ({ lists }) => lists.length,
  },
  rest: ({ lists, moved }) => [...lists, ...moved],
  lua: source,
  looksFirst: () => true,
  parse: (reply) => (reply as number[]).map((known) => known === 1),
});
