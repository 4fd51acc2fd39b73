/**
 * Moves what another system has in Redis to queues.
 *
 * @module @redpost/queue/move
 */

export type { BeeQueueJob, MapBeeQueueJob } from './bee-queue-job.js';
export {
  type MoveFromBeeQueueOptions,
  type MoveFromBeeQueueResult,
  moveFromBeeQueue,
} from './bee-queue-move.js';
export { undoMoveFromBeeQueue } from './bee-queue-undo.js';
export type { BullMQJob, MapJob } from './bullmq-job.js';
export {
  type MoveFromBullMQOptions,
  type MoveFromBullMQResult,
  moveFromBullMQ,
} from './bullmq-move.js';
export { undoMoveFromBullMQ } from './bullmq-undo.js';
export type { JobMoveOptions, MoveProgress } from './job-move-options.js';
export type { UndoMoveOptions, UndoMoveResult } from './job-undo.js';
export type { MappedJob } from './mapped-job.js';
