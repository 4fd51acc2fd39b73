import { refuseUnknownOptions } from '@redpost/core';
import type { Queue } from '../queue.js';
import { bullMQKeys } from './bullmq-keys.js';
import {
  JobUndo,
  type UndoMoveOptions,
  type UndoMoveResult,
  undoMoveOptionNames,
} from './job-undo.js';
import { restoreJobs } from './scripts/restore-jobs.js';

/**
 * Gives the jobs that `moveFromBullMQ` has moved within the last day back to BullMQ, as far as they still wait in the queue or
 * are dead letters: each as it was, and where it was. Stop the consumers of the queue first.
 *
 * Each is given back once: the process may die at any point, and the same call goes on. Messages with a key stay, and so do schedules.
 *
 * @param name of the queue of BullMQ.
 * @param from the queue that they were moved to.
 * @throws InvalidArgumentError for an option that cannot work, or if nothing was moved from this queue within a day.
 */
export async function undoMoveFromBullMQ<Body, Input>(
  name: string,
  from: Queue<Body, Input>,
  options: UndoMoveOptions,
): Promise<UndoMoveResult> {
  refuseUnknownOptions('undoMoveFromBullMQ()', options, undoMoveOptionNames);
  const { connection, prefix = 'bull' } = options;
  const keys = bullMQKeys(prefix, name);
  const restore = (entries: readonly string[]) => connection.run(restoreJobs, { keys, entries });
  return new JobUndo({
    system: 'BullMQ',
    name,
    keys,
    queue: from.name,
    options,
    restore,
  }).run();
}
