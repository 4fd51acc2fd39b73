import type { NextStep } from '@redpost/core/consuming';
import type { GroupRecovery } from '../store/stream-store.js';
import type { TopicDelivery } from './group-delivery.js';

/** Returning (or resolving) acknowledges; throwing (or rejecting) asks for a retry. */
export type RecordHandler<Body> = (delivery: TopicDelivery<Body>) => unknown;

/** What a member of a group tells by `on()`. */
export interface GroupConsumerEvents<Body> {
  /** A record could not be read or handled; `next` is what happens to it. */
  failed: { delivery: TopicDelivery<Body>; error: Error; next: NextStep };
  /** The lease was lost: these records are delivered again, even if they were handled. */
  lost: { deliveries: readonly TopicDelivery<Body>[] };
  /** Past the deadline of `stop()`: these records are delivered again, even if their handlers finish. */
  returned: { deliveries: readonly TopicDelivery<Body>[] };
  /** The records of a consumer that had died were returned to the group. */
  recovered: GroupRecovery;
  /** Retention removed records that were to be delivered again. */
  trimmed: { partition: number; offsets: readonly string[] };
  /**
   * The group had vanished (FLUSHALL, a failover, XGROUP DESTROY) and was made anew, from the
   * oldest record there is: what it had handled may be delivered again.
   */
  recreated: { partition: number };
  /** The partitions this member works on have changed. */
  assigned: { partitions: readonly number[] };
  /** Nothing was left to be delivered. */
  drained: undefined;
  /** Something failed in the background, e.g. Redis was away. The consumer goes on. */
  error: Error;
  /** It was stopped. Nothing follows. */
  stopped: undefined;
}
