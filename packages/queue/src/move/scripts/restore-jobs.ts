import { defineScript } from '@redpost/core';
import type { BullMQKeys } from '../bullmq-keys.js';
import source from './restore-jobs.lua';

export interface RestoreInput {
  keys: BullMQKeys;
  /** In the stream of the move, in their order. */
  entries: readonly string[];
}

/** How many were given back. */
export const restoreJobs = defineScript<RestoreInput, number>({
  name: 'restore-jobs',
  keys: {
    wait: ({ keys }) => keys.wait,
    paused: ({ keys }) => keys.paused,
    prioritized: ({ keys }) => keys.prioritized,
    delayed: ({ keys }) => keys.delayed,
    failed: ({ keys }) => keys.failed,
    meta: ({ keys }) => keys.meta,
    marker: ({ keys }) => keys.marker,
    taken: ({ keys }) => keys.taken,
  },
  args: { base: ({ keys }) => keys.base, own: ({ keys }) => keys.own },
  rest: ({ entries }) => entries,
  lua: source,
  parse: (reply) => reply as number,
});
