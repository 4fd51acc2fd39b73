/**
 * Producers and consumers on Redis lists.
 *
 * @module @redpost/queue
 */

export {
  AlreadySettledError,
  type DeadLetterReason,
  LeaseLostError,
  type NextStep,
  ReturnedError,
} from '@redpost/core/consuming';
export type { ConsumeOptions, LeaseOptions } from './consume-options.js';
export { Consumer, type ConsumerEvents, type Handler, type StopOptions } from './consumer.js';
export {
  type DeadLetter,
  DeadLetters,
  type ListOptions as DeadLetterListOptions,
  type RedriveOptions,
} from './dead-letters.js';
export type { Delivery, RetryOptions } from './delivery.js';
export type { Headers } from './envelope.js';
export { List, type ListEnd, type ListOptions, type ListValue, type MoveOptions } from './list.js';
export type { Message } from './message.js';
export type { BatchItem, SendResult } from './producer.js';
export { Queue, type QueueOptions } from './queue.js';
export type { QueueEvents } from './queue-events.js';
export type { QueueStats } from './queue-stats.js';
export type { ReceiveOptions } from './receiver.js';
export type { Recovery } from './recoverer.js';
export type { DestroyResult } from './scripts/destroy.js';
export type { PurgeResult } from './scripts/purge.js';
export type { SendOptions } from './send-options.js';
export type { StoredMessage } from './stored-message.js';
