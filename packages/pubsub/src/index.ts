/**
 * Channels on Redis Pub/Sub.
 *
 * @module @redpost/pubsub
 */

export {
  GapError,
  NoResponderError,
  OverflowError,
  ResponderError,
  SequencedMismatchError,
  UnsupportedError,
} from './errors.js';
export type {
  ChannelName,
  ChannelSchemas,
  PatternName,
  PublishBody,
  ReceivedBody,
} from './message/channel-types.js';
export type { InvalidMessage, Message } from './message/message.js';
export { type Publication, type PublishResult, PubSub, type PubSubOptions } from './pubsub.js';
export type { RequestOptions } from './requests/requests.js';
export type { Responder, RespondOptions } from './requests/responder.js';
export type { OverflowPolicy } from './subscribing/message-buffer.js';
export type {
  BufferOptions,
  NextOptions,
  OnMessage,
  SubscribeOptions,
} from './subscribing/subscribe-options.js';
export type {
  CloseReason,
  Gap,
  Subscription,
  SubscriptionEvents,
} from './subscribing/subscription.js';
