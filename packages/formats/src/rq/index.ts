/**
 * RQ with `serializer='json'`: enqueues jobs for its workers, and handles jobs that it has enqueued.
 *
 * @module @redpost/formats/rq
 */

export { type ConsumeRqOptions, consumeRq, type RqHandler } from './consume-rq.js';
export { RqJobError } from './errors.js';
export type { FailedRqJob } from './outcomes.js';
export type { RqJob } from './rq-job.js';
export {
  type AwaitJobOptions,
  type EnqueueJobOptions,
  RqJobs,
  type RqJobsOptions,
  rqJobs,
} from './rq-jobs.js';
