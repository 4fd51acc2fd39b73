import { RedpostError } from '@redpost/core';

/** What a {@link UnreadableScheduleError} says. */
export interface UnreadableScheduleErrorOptions {
  queue: string;
  schedule: string;
  /** What is wrong with it, as the rest of a sentence. */
  why: string;
  cause?: unknown;
}

/**
 * A schedule in Redis cannot be read here, for example because its time zone is not known to this version of Node. It is
 * left as it is: other processes may be able to read it, and other schedules go on.
 */
export class UnreadableScheduleError extends RedpostError {
  declare readonly code: 'UNREADABLE_SCHEDULE';
  /** The name of the queue. */
  readonly queue: string;
  /** The name of the schedule. */
  readonly schedule: string;

  constructor({ queue, schedule, why, cause }: UnreadableScheduleErrorOptions) {
    super(
      `The schedule ${JSON.stringify(schedule)} of the queue ${JSON.stringify(queue)} cannot be read here: ${why}. ` +
        'Set it again, or remove it',
      { code: 'UNREADABLE_SCHEDULE', retryable: false, cause },
    );
    this.name = 'UnreadableScheduleError';
    this.queue = queue;
    this.schedule = schedule;
  }
}
