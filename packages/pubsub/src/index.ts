/**
 * Channels on Redis Pub/Sub, and topics on Redis Streams.
 *
 * @module @redpost/pubsub
 */

export {
  AlreadySettledError,
  type DeadLetterReason,
  LeaseLostError,
  type NextStep,
  ReturnedError,
} from '@redpost/core/consuming';
export type {
  ChannelName,
  ChannelSchemas,
  PatternName,
  PublishBody,
  ReceivedBody,
} from './channel-types.js';
export {
  GapError,
  NoResponderError,
  OverflowError,
  ResponderError,
  SequencedMismatchError,
  UnsupportedError,
} from './errors.js';
export type { InvalidMessage, Message } from './message.js';
export type { OverflowPolicy } from './message-buffer.js';
export { type Publication, type PublishResult, PubSub, type PubSubOptions } from './pubsub.js';
export type { RequestOptions } from './requests.js';
export type { Responder, RespondOptions } from './responder.js';
export type {
  BufferOptions,
  NextOptions,
  OnMessage,
  SubscribeOptions,
} from './subscribe-options.js';
export type { CloseReason, Gap, Subscription, SubscriptionEvents } from './subscription.js';
export {
  CutError,
  PartitionCountError,
  TrimmedError,
  type TrimmedGap,
} from './topic/errors.js';
export type { ForwardOptions, ForwardTarget } from './topic/forward.js';
export { ConsumerGroup, type GroupStats } from './topic/group.js';
export { GroupConsumer, type GroupStopOptions } from './topic/group-consumer.js';
export type { GroupConsumerEvents, RecordHandler } from './topic/group-consumer-events.js';
export {
  type DeadRecord,
  type DeadRecordListOptions,
  GroupDeadLetters,
} from './topic/group-dead-letters.js';
export type { RecordRetryOptions, TopicDelivery } from './topic/group-delivery.js';
export type { GroupConsumeOptions, GroupOptions } from './topic/group-options.js';
export type { GroupRecovery } from './topic/group-recoverer.js';
export type { From } from './topic/offset.js';
export type { ReadOptions } from './topic/reader.js';
export type { RecordHeaders, TopicRecord, UnreadableRecord } from './topic/record.js';
export { Topic, type TopicDestroyResult, type TopicStats } from './topic/topic.js';
export type { TopicEvents } from './topic/topic-events.js';
export type { Deduplication, Retention, TopicOptions } from './topic/topic-options.js';
export type { PublishOptions, TopicItem, TopicPublishResult } from './topic/topic-publisher.js';
