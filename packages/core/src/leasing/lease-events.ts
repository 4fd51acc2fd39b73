import type { Lease } from '../consuming/handler-pool.js';
import type { Renewal } from './lease-store.js';

/** What the feed and the heartbeat of a session, and others that work for it, tell the session. */
export interface SessionEvents<Item = unknown, Recovery = unknown> {
  /** These came, and are held from now on. */
  accept(items: readonly Item[]): void;
  /** Redis has confirmed the lease, and says this. */
  beat(renewal: Renewal): void;
  /** Redis answers again. */
  resumed(): void;
  /** Redis says that the lease is gone. */
  lost(): void;
  /** A consumer was recovered that had held something. */
  recovered(recovery: Recovery): void;
  /** Something failed in the background: it is tried again. */
  failed(error: Error): void;
}

/** What the sessions of a consumer tell it. They ask it for the demand, too. */
export interface LeaseEvents<Item, Recovery> {
  /** How many more messages are wanted from this session now. */
  demand(session: Lease): number;
  /** These may start now. */
  accept(deliveries: readonly Item[]): void;
  /** Redis has confirmed the lease. */
  renewed(): void;
  /**
   * Nothing was left, says an answer to a call that was made in this epoch: see `pollAgain`.
   *
   * @param isGated what is left may not be taken now.
   */
  drained(epoch: number, isGated?: boolean): void;
  /**
   * The lease was lost, and with it these deliveries. The session is over.
   *
   * @param returned resolves when all that Redis still has under its name was returned.
   */
  lost(session: Lease, deliveries: readonly Item[], returned: Promise<void>): void;
  /** A consumer that had died was recovered. */
  recovered(recovery: Recovery): void;
  /** Something failed in the background: it is tried again. */
  failed(error: Error): void;
}
