/**
 * Channels on Redis Pub/Sub.
 *
 * @module @redpost/pubsub
 */

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
