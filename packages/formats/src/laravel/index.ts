/**
 * Laravel's queues on Redis: pushes jobs for its workers, and handles jobs that it has pushed.
 *
 * @module @redpost/formats/laravel
 */

export {
  type ConsumeLaravelOptions,
  consumeLaravel,
  type FailedLaravelJob,
  type LaravelHandler,
} from './consume-laravel.js';
export type { LaravelJob, LaravelMessage } from './laravel-job.js';
export {
  LaravelJobs,
  type LaravelJobsOptions,
  laravelJobs,
  type PushLaravelJobOptions,
} from './laravel-jobs.js';
