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
  type StopOptions,
} from '@redpost/core/consuming';
export type { CancelResult } from './admin/cancel.js';
export type { NewDeadLetter } from './admin/dead/dead-add.js';
export type { DeadLetterFilter, DeadLetterSelection } from './admin/dead/dead-filter.js';
export type {
  DeadLetterGroup,
  DeadLetterGroups,
  DeadLetterProgress,
  GroupsOptions,
} from './admin/dead/dead-groups.js';
export type { DeadLetter } from './admin/dead/dead-letter.js';
export type { RedriveOptions, RedriveProgress, RedriveResult } from './admin/dead/dead-redrive.js';
export { DeadLetters, type ListOptions as DeadLetterListOptions } from './admin/dead-letters.js';
export type { FoundMessage } from './admin/find.js';
export { History, type HistoryListOptions, type HistoryRecord } from './admin/history.js';
export type { KeyStats, KeysOptions, ListedKey } from './admin/key-stats.js';
export { listQueues } from './admin/list-queues.js';
export type { PeekedMessage, PeekOptions } from './admin/peek.js';
export type { QueueStats } from './admin/queue-stats.js';
export { SearchLimitError, type SearchOptions, type SearchProgress } from './admin/search.js';
export type { SeriesOptions, SeriesPoint } from './admin/series.js';
export type { MessageChanges, UpdateResult } from './admin/update.js';
export {
  type ConsumeAllOptions,
  type ConsumeNamedOptions,
  consumeAll,
  type NamedWeights,
} from './consume-all.js';
export { AllConsumer, type AllConsumerEvents } from './consuming/all-consumer.js';
export { AttemptTimeoutError } from './consuming/attempt-timeout.js';
export type { BatchHandler } from './consuming/batch-pool.js';
export { CancelledError } from './consuming/cancelled-error.js';
export type {
  ConsumeBatchOptions,
  ConsumeOptions,
  LeaseOptions,
} from './consuming/consume-options.js';
export {
  type AckedMessage,
  Consumer,
  type ConsumerEvents,
  type Handler,
} from './consuming/consumer.js';
export type { AckOptions, Delivery, RetryOptions } from './consuming/delivery.js';
export type { BatchWrapper, HandlerWrapper } from './consuming/handler-calls.js';
export type { ReceiveOptions } from './consuming/receiver.js';
export { FlowOverError } from './flow/errors.js';
export {
  Flow,
  type FlowListOptions,
  type FlowMessage,
  type FlowOptions,
  type FlowReference,
  type FlowStatus,
} from './flow/flow.js';
export type { FlowCounts, FlowEnd, FlowName, FlowOver } from './flow/flow-end.js';
export type { FlowResult } from './flow/flow-result.js';
export { NameTakenError, type NameTakenErrorOptions } from './foreign/errors.js';
export type { RateLimit, RateLimiterOptions } from './limiting/limit.js';
export {
  type AcquireOptions,
  RateLimiter,
  type TryAcquireOptions,
  type TryAcquireResult,
} from './limiting/rate-limiter.js';
export { List, type ListEnd, type ListOptions, type ListValue, type MoveOptions } from './list.js';
export type { Headers } from './message/envelope.js';
export type { Message } from './message/message.js';
export type { StoredMessage } from './message/stored-message.js';
export type { FollowUp } from './outbox/follow-up.js';
export {
  DeclaredPartitions,
  type PartitionStats,
  type PartitionsInfo,
} from './partitions/declared-partitions.js';
export { PartitionsMovingError } from './partitions/errors.js';
export { Queue } from './queue.js';
export type { QueueEvents } from './queue-events.js';
export type { QueueOptions } from './queue-options.js';
export type { Distribution } from './recording/distribution.js';
export type { HistoryOptions } from './recording/history-options.js';
export type { Outcome } from './recording/outcome.js';
export { HandlerError, type MessageResult } from './results/message-result.js';
export type { RequestOptions } from './results/request.js';
export type { ResultOptions, WatchOptions } from './results/results.js';
export { DeclaredSchedules } from './schedule/declared-schedules.js';
export { UnreadableScheduleError } from './schedule/errors.js';
export type { Schedule } from './schedule/schedule.js';
export type { ScheduleOptions } from './schedule/schedule-options.js';
export { Scheduler, type SchedulerEvents, type SchedulerOptions } from './schedule/scheduler.js';
export type { QueueConsumerInfo } from './scripts/consumers.js';
export type { DestroyOptions, DestroyResult } from './scripts/destroy.js';
export type { PurgeOptions, PurgeResult } from './scripts/purge.js';
export type { ConditionOptions, Debounce, Once, Throttle } from './sending/condition.js';
export { KeyFullError, QueueFullError } from './sending/errors.js';
export type { MaxLength } from './sending/max-length.js';
export type { BatchItem, SendResult } from './sending/producer.js';
export type { SendingMessage, SendWrapper } from './sending/send-calls.js';
export type { SendOptions } from './sending/send-options.js';
export type { DeadLetterBounds } from './shape/dead-letter-bounds.js';
export { DeclaredLimits, type SetLimitsOptions } from './shape/declared-limits.js';
export { ConsumerGoneError, UnconfirmedError } from './shape/errors.js';
export type { LimitName, QueueLimitChanges, QueueLimits } from './shape/limits.js';
export type { PauseConsumerOptions, PauseKeyOptions, PauseOptions } from './shape/pausing.js';
export type { Paused, PauseInForce } from './shape/shape.js';
export type { Recovery } from './store/list-store.js';
