import { defineScript } from '@redpost/core';
import type { BeeQueueKeys } from '../bee-queue-keys.js';
import type { PartTaken } from '../job-move.js';
import { notingTakenPart, type TakingInput, takingArgs, takingKeys } from './noting-taken.js';
import source from './take-bee-queue-jobs.lua';

/** The states of bee-queue whose jobs are moved, in the order in which they are. */
export type BeeQueueState = 'waiting' | 'delayed' | 'failed';

export interface TakeBeeQueueInput extends TakingInput {
  keys: BeeQueueKeys;
  state: BeeQueueState;
}

export const takeBeeQueueJobs = defineScript<TakeBeeQueueInput, PartTaken>({
  name: 'take-bee-queue-jobs',
  uses: [notingTakenPart],
  keys: {
    source: ({ keys, state }) => keys[state],
    jobs: ({ keys }) => keys.jobs,
    ...takingKeys,
  },
  args: takingArgs,
  lua: source,
  parse(reply) {
    const [examined, taken] = reply as [number, number];
    return { examined, taken, passed: 0 };
  },
});
