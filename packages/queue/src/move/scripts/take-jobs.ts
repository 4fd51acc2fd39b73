import { defineScript } from '@redpost/core';
import type { BullMQKeys } from '../bullmq-keys.js';
import source from './take-jobs.lua';

/** The states of BullMQ whose jobs are moved, in the order in which they are. */
export type MovedState = 'paused' | 'waiting' | 'prioritized' | 'delayed' | 'failed';

export interface TakeInput {
  keys: BullMQKeys;
  state: MovedState;
  /** Names the stream of what is taken, if it is new. */
  token: string;
  /** How many to pass over. */
  skip: number;
  /** How many to look at. */
  count: number;
  /** Only count. */
  isDry: boolean;
}

export interface TakeResult {
  examined: number;
  taken: number;
  /** How many are left because they are part of a flow. */
  flows: number;
  /** How many are left because a scheduler that is left needs them. */
  scheduled: number;
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
  keys: {
    source: ({ keys, state }) => keys[sources[state]],
    schedulers: ({ keys }) => keys.schedulers,
    move: ({ keys }) => keys.move,
    taken: ({ keys }) => keys.taken,
  },
  args: {
    base: ({ keys }) => keys.base,
    own: ({ keys }) => keys.own,
    state: ({ state }) => state,
    token: ({ token }) => token,
    skip: ({ skip }) => skip,
    count: ({ count }) => count,
    is_dry: ({ isDry }) => (isDry ? 1 : 0),
  },
  lua: source,
  parse(reply) {
    const [examined, taken, flows, scheduled] = reply as [number, number, number, number];
    return { examined, taken, flows, scheduled };
  },
});
