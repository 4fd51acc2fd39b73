import { defineScript } from '@redpost/core';
import source from './enqueue.lua';
import { listOf } from './sidekiq-job.js';

export interface EnqueueInput {
  /** `schedule` or `retry`. */
  set: string;
  known: Buffer;
  job: string;
  queue: string;
}

/** Moves a job that is due: false when another process has done it. In no Cluster: Sidekiq's keys are in several slots. */
export const enqueue = defineScript<EnqueueInput, boolean>({
  name: 'sidekiq-enqueue',
  keys: { set: ({ set }) => set, queues: () => 'queues', list: ({ queue }) => listOf(queue) },
  args: { known: ({ known }) => known, job: ({ job }) => job, name: ({ queue }) => queue },
  lua: source,
  parse: (reply) => reply === 1,
});
