import { type MoveKeys, moveKeys } from './move-keys.js';

/** The keys of a queue of BullMQ, and those that a move adds to them. `base` is what the HASH of each job begins with; its id follows. */
export interface BullMQKeys extends MoveKeys {
  /** LIST of the ids of jobs; the next one is on the right. */
  readonly wait: string;
  /** LIST of the ids of jobs that wait while the queue is paused, of BullMQ 5. */
  readonly paused: string;
  /** LIST of the ids of jobs that workers have. */
  readonly active: string;
  /** ZSET of the ids of jobs by priority, lower is sooner. */
  readonly prioritized: string;
  /** ZSET of the ids of jobs by due time in ms, times 4096. */
  readonly delayed: string;
  /** ZSET of the ids of jobs by the time when they failed. */
  readonly failed: string;
  readonly completed: string;
  /** ZSET of parents of flows. */
  readonly waitingChildren: string;
  /** ZSET of job schedulers by when they are due next, in ms. */
  readonly schedulers: string;
  /** ZSET that wakes workers. */
  readonly marker: string;
  /** HASH of what BullMQ knows of the queue. */
  readonly meta: string;
  /** SET of schedulers that were taken, and are not schedules yet. The HASH of each is `<own>scheduler:<id>`. */
  readonly heldSchedulers: string;
}

export function bullMQKeys(prefix: string, queue: string): BullMQKeys {
  const keys = moveKeys(prefix, queue);
  const { base, own } = keys;
  return {
    ...keys,
    wait: `${base}wait`,
    paused: `${base}paused`,
    active: `${base}active`,
    prioritized: `${base}prioritized`,
    delayed: `${base}delayed`,
    failed: `${base}failed`,
    completed: `${base}completed`,
    waitingChildren: `${base}waiting-children`,
    schedulers: `${base}repeat`,
    marker: `${base}marker`,
    meta: `${base}meta`,
    heldSchedulers: `${own}schedulers`,
  };
}
