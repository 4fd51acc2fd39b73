import { defineScript } from '@redpost/core';
import type { BullMQKeys } from '../bullmq-keys.js';
import type { PartTaken } from '../job-move.js';
import { notingTakenPart, type TakingInput, takingArgs, takingKeys } from './noting-taken.js';
import source from './take-jobs.lua';

/** The states of BullMQ whose jobs are moved, in the order in which they are. */
export type MovedState = 'paused' | 'waiting' | 'prioritized' | 'delayed' | 'failed';

export interface TakeInput extends TakingInput {
  keys: BullMQKeys;
  state: MovedState;
  /** Only count. */
  isDry: boolean;
}

export interface TakeResult extends PartTaken {
  /** How many are left because they are part of a flow. */
  flows: number;
}

const sources: Readonly<Record<MovedState, keyof BullMQKeys>> = {
  paused: 'paused',
  waiting: 'wait',
  prioritized: 'prioritized',
  delayed: 'delayed',
  failed: 'failed',
};

export const takeJobs = defineScript<TakeInput, TakeResult>({
  name: 'take-jobs',
  uses: [notingTakenPart],
  keys: {
    source: ({ keys, state }) => keys[sources[state]],
    schedulers: ({ keys }) => keys.schedulers,
    ...takingKeys,
  },
  args: {
    base: ({ keys }) => keys.base,
    skip: ({ part }) => part.skip,
    is_dry: ({ isDry }) => (isDry ? 1 : 0),
    ...takingArgs,
  },
  lua: source,
  parse(reply) {
    const [examined, taken, flows, scheduled] = reply as [number, number, number, number];
    return { examined, taken, flows, passed: flows + scheduled };
  },
});
