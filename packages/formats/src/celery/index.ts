/**
 * Celery's task protocol 2 on Redis: sends tasks to Celery workers, and handles tasks that Celery sends.
 *
 * @module @redpost/formats/celery
 */

export type { CeleryListOptions } from './celery-lists.js';
export type { CeleryMessage, CeleryTask } from './celery-task.js';
export {
  type AwaitResultOptions,
  type CallTaskOptions,
  CeleryTasks,
  type CeleryTasksOptions,
  celeryTasks,
  type SendTaskOptions,
} from './celery-tasks.js';
export { type CeleryHandler, type ConsumeCeleryOptions, consumeCelery } from './consume-celery.js';
export { CeleryTaskError } from './errors.js';
