import type { HandlingTimes } from '@redpost/core';
import type { NextStep } from '@redpost/core/consuming';
import type { GroupRecovery } from '../store/stream-store.js';
import type { TopicDelivery } from './group-delivery.js';

/** Returning (or resolving) acknowledges; throwing (or rejecting) asks for a retry. */
export type RecordHandler<Body> = (delivery: TopicDelivery<Body>) => unknown;

/** A record that was acknowledged. */
export interface AckedRecord<Body> extends HandlingTimes {
  delivery: TopicDelivery<Body>;
}

/** The events of a member of a group. */
export interface GroupConsumerEvents<Body> {
  /** A record could not be read or handled; `next` is what happens to it. */
  failed: { delivery: TopicDelivery<Body>; error: Error; next: NextStep };
  /**
   * Records were handled and acknowledged, in one tick of the event loop: how long each waited until its handler began, from
   * when it was published by the server's clock to now by this process's, and how long its handler had it. Redis learns of them with
   * the next call.
   */
  acked: { records: readonly AckedRecord<Body>[] };
  /** The lease was lost: these records are delivered again, even if they were handled. */
  lost: { deliveries: readonly TopicDelivery<Body>[] };
  /** Past the deadline of `stop()`: these records are delivered again, even if their handlers finish. */
  returned: { deliveries: readonly TopicDelivery<Body>[] };
  /** The records of a consumer that had died were returned to the group. */
  recovered: GroupRecovery;
  /** Retention removed records that were to be delivered again. */
  trimmed: { partition: number; offsets: readonly string[] };
  /**
   * Redis had lost the group (FLUSHALL, a failover, XGROUP DESTROY), and it was created again, from the oldest record on.
   * Records that it had handled may be delivered again.
   */
  recreated: { partition: number };
  /** The partitions that this member works on have changed. */
  assigned: { partitions: readonly number[] };
  /** No records were left to be delivered. */
  drained: undefined;
  /**
   * The group is idle: every record is delivered and settled, and none waits for another attempt. Told once, and again after more
   * records have come here. Looked for only where somebody listens, at intervals of up to half a second.
   */
  idle: undefined;
  /** Something failed in the background, e.g. Redis was away. The consumer goes on. */
  error: Error;
  /** The consumer has stopped. No further event follows. */
  stopped: undefined;
}
