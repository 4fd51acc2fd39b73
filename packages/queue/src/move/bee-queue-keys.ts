import { type MoveKeys, moveKeys } from './move-keys.js';

/** The keys of a queue of bee-queue, and those that a move adds to them. */
export interface BeeQueueKeys extends MoveKeys {
  /** HASH of all jobs by their ids, as JSON. */
  readonly jobs: string;
  /** LIST of the ids of jobs; the next one is on the right. */
  readonly waiting: string;
  /** LIST of the ids of jobs that workers have. */
  readonly active: string;
  /** ZSET of the ids of jobs by due time in ms. */
  readonly delayed: string;
  /** SET of the ids of jobs that have failed. */
  readonly failed: string;
  readonly succeeded: string;
  /** STRING: the id of the last job that was given none. */
  readonly lastId: string;
  /** Channel that wakes workers when a job is due sooner than they know. */
  readonly earlierDelayed: string;
}

export function beeQueueKeys(prefix: string, queue: string): BeeQueueKeys {
  const keys = moveKeys(prefix, queue);
  const { base } = keys;
  return {
    ...keys,
    jobs: `${base}jobs`,
    waiting: `${base}waiting`,
    active: `${base}active`,
    delayed: `${base}delayed`,
    failed: `${base}failed`,
    succeeded: `${base}succeeded`,
    lastId: `${base}id`,
    earlierDelayed: `${base}earlierDelayed`,
  };
}
