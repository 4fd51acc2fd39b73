/**
 * Topics on Redis Streams: durable publish/subscribe with consumer groups.
 *
 * @module @redpost/topic
 */

export {
  AlreadySettledError,
  type DeadLetterReason,
  LeaseLostError,
  type NextStep,
  ReturnedError,
  type StopOptions as GroupStopOptions,
} from '@redpost/core/consuming';
export { GroupConsumer } from './consuming/group-consumer.js';
export type {
  AckedRecord,
  GroupConsumerEvents,
  RecordHandler,
} from './consuming/group-consumer-events.js';
export type { RecordRetryOptions, TopicDelivery } from './consuming/group-delivery.js';
export type { RecordWrapper } from './consuming/record-wrapper.js';
export {
  CutError,
  PartitionCountError,
  TrimmedError,
  type TrimmedGap,
} from './errors.js';
export type { DeadRecord } from './group/dead-record.js';
export type { DeadRecordRedriveOptions } from './group/dead-redrive.js';
export type { ForwardOptions, ForwardTarget } from './group/forward.js';
export { ConsumerGroup, type GroupStats } from './group/group.js';
export type { GroupConsumerInfo } from './group/group-consumers.js';
export { type DeadRecordListOptions, GroupDeadLetters } from './group/group-dead-letters.js';
export type { GroupConsumeOptions, GroupOptions } from './group/group-options.js';
export { type ListedTopic, listTopics } from './list-topics.js';
export {
  type TopicPartitionInfo,
  type TopicPartitionStats,
  TopicPartitions,
  type TopicPartitionsInfo,
} from './partitions/topic-partitions.js';
export type {
  PublishOptions,
  TopicItem,
  TopicPublishResult,
} from './publishing/publish-options.js';
export type { ReadOptions } from './reading/reader.js';
export type { From } from './record/offset.js';
export type { RecordHeaders, TopicRecord, UnreadableRecord } from './record/record.js';
export type { GroupRecovery } from './store/stream-store.js';
export { Topic, type TopicDestroyResult, type TopicStats } from './topic.js';
export type { TopicEvents } from './topic-events.js';
export type { Deduplication, Retention, TopicOptions } from './topic-options.js';
