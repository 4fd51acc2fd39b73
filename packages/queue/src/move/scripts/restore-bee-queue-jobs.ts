import { defineScript } from '@redpost/core';
import type { BeeQueueKeys } from '../bee-queue-keys.js';
import source from './restore-bee-queue-jobs.lua';

export interface RestoreBeeQueueInput {
  keys: BeeQueueKeys;
  /** In the stream of the move, in their order. */
  entries: readonly string[];
}

/** How many were given back. */
export const restoreBeeQueueJobs = defineScript<RestoreBeeQueueInput, number>({
  name: 'restore-bee-queue-jobs',
  keys: {
    jobs: ({ keys }) => keys.jobs,
    waiting: ({ keys }) => keys.waiting,
    delayed: ({ keys }) => keys.delayed,
    failed: ({ keys }) => keys.failed,
    taken: ({ keys }) => keys.taken,
  },
  args: { own: ({ keys }) => keys.own, earlier_delayed: ({ keys }) => keys.earlierDelayed },
  rest: ({ entries }) => entries,
  lua: source,
  parse: (reply) => reply as number,
});
