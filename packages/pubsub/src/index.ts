export { OverflowError } from './errors.js';
export type { InvalidMessage, Message } from './message.js';
export type { OverflowPolicy } from './message-buffer.js';
export { type Publication, type PublishResult, PubSub, type PubSubOptions } from './pubsub.js';
export type {
  BufferOptions,
  NextOptions,
  OnMessage,
  SubscribeOptions,
} from './subscribe-options.js';
export type { CloseReason, Subscription, SubscriptionEvents } from './subscription.js';
