/**
 * Moves what another system has in Redis to queues.
 *
 * @module @redpost/queue/move
 */

export type { BullMQJob, MapJob, MappedJob } from './bullmq-job.js';
export {
  type MoveFromBullMQOptions,
  type MoveFromBullMQResult,
  type MoveProgress,
  moveFromBullMQ,
} from './bullmq-move.js';
export { type UndoMoveOptions, type UndoMoveResult, undoMoveFromBullMQ } from './bullmq-undo.js';
