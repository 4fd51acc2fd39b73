import { InvalidArgumentError, shown } from '@redpost/core';
import { checkHeaders, type Headers, isPriority } from '../message/envelope.js';
import { checkKey } from '../message/key.js';

/** What a job becomes. What is missing is as without `map`. */
export interface MappedJob {
  /** The body of the message. Default: the data of the job. */
  body?: unknown;
  /**
   * Default: none for jobs of bee-queue. For those of BullMQ `bullmq-name`, the name of the job, and where it is a dead
   * letter, `bullmq-failed-at`.
   */
  headers?: Headers | undefined;
  /** Default: 4 for jobs without a priority; for those of BullMQ with priority 1, 2, 3 it is 3, 2, 1; and 0 for all others. */
  priority?: number | undefined;
  /** The key of the message. Not together with `priority`. Default: none. */
  key?: string | undefined;
}

/** @throws InvalidArgumentError for what cannot be a message. */
export function checkedMapped(mapped: MappedJob, id: string): MappedJob {
  if (typeof mapped !== 'object' || mapped === null) {
    throw new InvalidArgumentError(
      `map returns an object, got ${shown(mapped)} for the job ${shown(id)}`,
    );
  }
  const { headers, priority, key } = mapped;
  if (headers !== undefined) checkHeaders(headers);
  if (key !== undefined) checkKey(key);
  if (priority !== undefined && (!isPriority(priority) || key !== undefined)) {
    throw new InvalidArgumentError(
      `map returns a priority from 0 to 9, and none together with a key, got ${shown(priority)} for the job ${shown(id)}`,
    );
  }
  return mapped;
}
