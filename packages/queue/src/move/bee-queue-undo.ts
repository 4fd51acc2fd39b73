import { refuseUnknownOptions } from '@redpost/core';
import type { Queue } from '../queue.js';
import { beeQueueKeys } from './bee-queue-keys.js';
import {
  JobUndo,
  type UndoMoveOptions,
  type UndoMoveResult,
  undoMoveOptionNames,
} from './job-undo.js';
import { restoreBeeQueueJobs } from './scripts/restore-bee-queue-jobs.js';

/**
 * Gives the jobs that `moveFromBeeQueue` has moved within the last day back to bee-queue, as far as they still wait in the queue or
 * are dead letters: each as it was, and where it was. Stop the consumers of the queue first.
 *
 * Each is given back once: the process may die at any point, and the same call goes on. Messages with a key stay.
 *
 * @param name of the queue of bee-queue.
 * @param from the queue that they were moved to.
 * @throws InvalidArgumentError for an option that cannot work, or if nothing was moved from this queue within a day.
 */
export async function undoMoveFromBeeQueue<Body, Input>(
  name: string,
  from: Queue<Body, Input>,
  options: UndoMoveOptions,
): Promise<UndoMoveResult> {
  refuseUnknownOptions('undoMoveFromBeeQueue()', options, undoMoveOptionNames);
  const { connection, prefix = 'bq' } = options;
  const keys = beeQueueKeys(prefix, name);
  return new JobUndo({
    system: 'bee-queue',
    name,
    keys,
    queue: from.name,
    options,
    restore: (entries) => connection.run(restoreBeeQueueJobs, { keys, entries }),
  }).run();
}
