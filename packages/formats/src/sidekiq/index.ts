/**
 * Sidekiq's jobs: pushes jobs for its processes, and handles jobs that it has pushed.
 *
 * @module @redpost/formats/sidekiq
 */

export {
  type ConsumeSidekiqOptions,
  consumeSidekiq,
  type SidekiqHandler,
} from './consume-sidekiq.js';
export type { FailedSidekiqJob } from './failures.js';
export type { SidekiqJob, SidekiqMessage, TimeUnit } from './sidekiq-job.js';
export {
  type PushJobOptions,
  SidekiqJobs,
  type SidekiqJobsOptions,
  sidekiqJobs,
} from './sidekiq-jobs.js';
