/** The keys of a queue of BullMQ, and those that a move adds to them. All begin with `<prefix>:<queue>:`. */
export interface BullMQKeys {
  /** What the HASH of each job begins with; its id follows. */
  readonly base: string;
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
  /** What the keys of the move begin with. */
  readonly own: string;
  /** HASH: `token`, which names the stream `taken`; and `imported`, its last entry that the queue of redpost has. */
  readonly move: string;
  /** STREAM of the jobs that were taken: `state`, `id` and `score`. The HASH of each is `<own>job:<entry>`. */
  readonly taken: string;
  /** SET of schedulers that were taken, and are not schedules yet. The HASH of each is `<own>scheduler:<id>`. */
  readonly heldSchedulers: string;
}

export function bullMQKeys(prefix: string, queue: string): BullMQKeys {
  const base = `${prefix}:${queue}:`;
  const own = `${base}redpost:`;
  return {
    base,
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
    own,
    move: `${own}move`,
    taken: `${own}taken`,
    heldSchedulers: `${own}schedulers`,
  };
}
