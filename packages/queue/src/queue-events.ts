import type { NamesOf } from '@redpost/core';
import type { CancelledError } from './consuming/cancelled-error.js';
import type { Delivery } from './consuming/delivery.js';
import type { PauseInForce } from './shape/shape.js';
import type { Recovery } from './store/list-store.js';

/** What happens in the background of a queue's own calls. Consumers have events of their own. */
export interface QueueEvents<Body> {
  /** A message could not be read, and became a dead letter. */
  unreadable: { delivery: Delivery<Body>; error: Error };
  /** A message was not delivered in time (`ttlMs`): see `onExpired`. Its body was not read. */
  expired: { delivery: Delivery<Body> };
  /** The lease was lost: these messages are delivered again, even if they were handled. */
  lost: { deliveries: readonly Delivery<Body>[] };
  /** A message that was received and is not settled was cancelled. */
  cancelled: { delivery: Delivery<Body>; error: CancelledError };
  /** The messages of a consumer that had died were returned to the queue. */
  recovered: Recovery;
  /** The queue, or this consumer by `pauseConsumer()`, was paused: `receive` and `deliveries` take nothing. */
  paused: PauseInForce;
  /** Neither the queue nor this consumer is paused any more. */
  resumed: undefined;
  /** So many messages were dropped for new ones that this object sent: see `maxLength`. */
  dropped: { count: number };
  /** Something failed in the background, e.g. Redis was away. */
  error: Error;
}

export const queueEventNames: NamesOf<QueueEvents<unknown>> = {
  unreadable: true,
  expired: true,
  lost: true,
  cancelled: true,
  recovered: true,
  paused: true,
  resumed: true,
  dropped: true,
  error: true,
};
