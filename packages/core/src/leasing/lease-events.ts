import type { Lease } from '../consuming/handler-pool.js';
import type { HandlingTimes } from '../observe/observer.js';
import type { Renewal } from './lease-store.js';

/** The events that the feed, the heartbeat and other parts of a session report to the session. */
export interface SessionEvents<Item = unknown, Recovery = unknown> {
  /** True when no message is held. */
  readonly holdsNothing: boolean;
  /** These messages have come, and are held from now on. */
  accept(items: readonly Item[]): void;
  /** Redis has confirmed the lease, with this answer. */
  beat(renewal: Renewal): void;
  /** Redis answers again. */
  resumed(): void;
  /** Redis says that the lease is gone. */
  lost(): void;
  /** The messages of a consumer that had died were returned. */
  recovered(recovery: Recovery): void;
  /** Something failed in the background: it is tried again. */
  failed(error: Error): void;
}

/** The events that the sessions of a consumer report to the consumer, and what they ask it for. */
export interface LeaseEvents<Item, Recovery> {
  /** How many more messages are wanted from this session now. */
  demand(session: Lease): number;
  /** How many of the messages that are wanted from this session are for later, when handlers have become free. Default 0. */
  reserve?(session: Lease): number;
  /** A call was answered. @param roundTripMs how long a round trip takes, see `RoundTrip`. */
  answered?(roundTripMs: number): void;
  /** Handlers may start with these messages now. */
  accept(deliveries: readonly Item[]): void;
  /** Redis has confirmed the lease. */
  renewed(): void;
  /**
   * An answer to a call of this epoch has said that nothing is left: see `pollAgain`.
   *
   * @param isGated true when messages are left that may not be taken now.
   */
  drained(epoch: number, isGated?: boolean): void;
  /**
   * The lease was lost, and with it these deliveries. The session is over.
   *
   * @param returned resolves when everything that Redis still has under the name of the session was returned.
   */
  lost(session: Lease, deliveries: readonly Item[], returned: Promise<void>): void;
  /** What a consumer that had died held was returned. */
  recovered(recovery: Recovery): void;
  /** True when somebody is to be told of acknowledgements. */
  hearsAcked?: boolean;
  /** A message was acknowledged. Called only if `hearsAcked`. */
  acked?(held: Item, times: HandlingTimes): void;
  /** Something failed in the background: it is tried again. */
  failed(error: Error): void;
}
