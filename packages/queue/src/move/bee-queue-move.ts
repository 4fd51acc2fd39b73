import {
  type Connection,
  InvalidArgumentError,
  json,
  type NamesOf,
  refuseUnknownOptions,
  shown,
} from '@redpost/core';
import type { Queue } from '../queue.js';
import { type MapBeeQueueJob, messageOfBeeQueue } from './bee-queue-job.js';
import { type BeeQueueKeys, beeQueueKeys } from './bee-queue-keys.js';
import { JobMove } from './job-move.js';
import { checkMove, type JobMoveOptions, jobMoveOptionNames } from './job-move-options.js';
import { type BeeQueueState, takeBeeQueueJobs } from './scripts/take-bee-queue-jobs.js';

/** How jobs of bee-queue are moved. */
export interface MoveFromBeeQueueOptions extends JobMoveOptions {
  /** The prefix of the queue of bee-queue. Default `'bq'`. */
  prefix?: string | undefined;
  /** What each job becomes. Default: its data is the body; see {@link MappedJob} for all else. */
  map?: MapBeeQueueJob | undefined;
}

/** What a move has done. */
export interface MoveFromBeeQueueResult {
  /** True with `dryRun`: nothing was changed. */
  readonly isDryRun: boolean;
  /** How many there were of each; with `dryRun`, how many there would be. */
  readonly moved: {
    readonly waiting: number;
    readonly delayed: number;
    readonly failed: number;
  };
  /** What bee-queue still has. */
  readonly left: {
    /** Jobs that workers have: let them end, and move again for those that fail or are retried. */
    readonly active: number;
    /** Jobs that have succeeded. These stay. */
    readonly succeeded: number;
  };
  /** True when the signal has ended it. */
  readonly isInterrupted: boolean;
}

const optionNames: NamesOf<MoveFromBeeQueueOptions> = {
  ...jobMoveOptionNames,
  prefix: true,
  map: true,
};

const states: readonly BeeQueueState[] = ['waiting', 'delayed', 'failed'];

/**
 * Moves the jobs of a queue of bee-queue 1 or 2 to a queue.
 *
 * Jobs that wait become messages in the same order; delayed ones are due when they were due; and failed ones become dead letters.
 * Attempts are kept. What workers have, and jobs that have succeeded, are left.
 *
 * Each job is moved once: it is taken away from bee-queue, so no worker finds it any more, and then imported, and the queue
 * knows what it has imported. So the process may die at any point, and any number of them may run: call it again, and it goes on. bee-queue may
 * run meanwhile. What was moved is kept under `<prefix>:<queue>:redpost:` for a day.
 *
 * ```ts
 * const { moved, left } = await moveFromBeeQueue('emails', new Queue('emails', { connection }), { connection });
 * ```
 *
 * @param name of the queue of bee-queue.
 * @param to the queue that they are moved to.
 * @throws InvalidArgumentError for an option that cannot work, or a queue that bee-queue does not have.
 * @throws what `map` and the codec throw, and what calls of Redis reject with. What was moved until then stays so.
 */
export async function moveFromBeeQueue<Body, Input>(
  name: string,
  to: Queue<Body, Input>,
  options: MoveFromBeeQueueOptions,
): Promise<MoveFromBeeQueueResult> {
  refuseUnknownOptions('moveFromBeeQueue()', options, optionNames);
  const { connection, prefix = 'bq', map, codec = json(), dryRun = false } = options;
  checkMove(name, prefix, options);
  const keys = beeQueueKeys(prefix, name);
  await checkExists(connection, name, keys);
  const reading = { base: keys.base, map, codec };
  const jobs = new JobMove<BeeQueueState>({
    keys,
    to: to as unknown as Queue,
    options,
    messageOf: (job) => messageOfBeeQueue(job, reading),
  });
  const counts = await countsOf(connection, keys);
  await jobs.begin(counts.waiting + counts.delayed + counts.failed);
  for (const state of states) {
    // All of them can be moved, so there is nothing to look for.
    if (dryRun) jobs.countMoved(state, counts[state]);
    else
      await jobs.moveState(state, (part) =>
        connection.run(takeBeeQueueJobs, { keys, state, part }),
      );
  }
  const { active, succeeded } = await countsOf(connection, keys);
  return {
    isDryRun: dryRun,
    moved: {
      waiting: jobs.movedOf('waiting'),
      delayed: jobs.movedOf('delayed'),
      failed: jobs.movedOf('failed'),
    },
    left: { active, succeeded },
    isInterrupted: jobs.isInterrupted,
  };
}

async function checkExists(
  connection: Connection,
  name: string,
  { jobs, lastId, move }: BeeQueueKeys,
): Promise<void> {
  // In a Cluster they need not be in one slot.
  for (const key of [lastId, jobs, move]) {
    if ((await connection.call('EXISTS', [key])) === 1) return;
  }
  throw new InvalidArgumentError(
    `There is no queue ${shown(name)} of bee-queue in this Redis: the keys ${shown(lastId)} and ${shown(jobs)} ` +
      'do not exist. Its settings may say another prefix, or another database',
  );
}

async function countsOf(connection: Connection, keys: BeeQueueKeys) {
  const [waiting, delayed, failed, active, succeeded] = (await Promise.all([
    connection.call('LLEN', [keys.waiting]),
    connection.call('ZCARD', [keys.delayed]),
    connection.call('SCARD', [keys.failed]),
    connection.call('LLEN', [keys.active]),
    connection.call('SCARD', [keys.succeeded]),
  ])) as [number, number, number, number, number];
  return { waiting, delayed, failed, active, succeeded };
}
