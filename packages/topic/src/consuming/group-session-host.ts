import type { CheckedLease } from '@redpost/core/consuming';
import type { GroupRecovery } from '../store/stream-store.js';
import type { HeldRecord } from './group-delivery.js';
import type { Turns } from './turns.js';

export interface GroupSessionOptions extends CheckedLease {
  partition: number;
  /** Where the group begins when it does not exist yet. */
  start: string;
  /** When the member began, by `performance.now()`. */
  memberSince: number;
}

/** What works on what a session takes. `Session` is the class of the sessions. */
export interface GroupSessionHost<Body, Session> {
  /** In which its sessions ask for records. */
  readonly turns: Turns;
  /** How many more records are wanted from this session now. */
  demand(session: Session): number;
  /** These may start now. */
  accept(deliveries: HeldRecord<Body>[]): void;
  /** Redis has confirmed the lease. */
  renewed(): void;
  drained(): void;
  /** The lease was lost, and with it these deliveries. The session is over. */
  lost(session: Session, deliveries: HeldRecord<Body>[]): void;
  recovered(recovery: GroupRecovery): void;
  trimmed(partition: number, offsets: readonly string[]): void;
  /** The group is there. @param isNew it did not exist and was made. */
  groupFound(partition: number, isNew: boolean): void;
  failed(error: Error): void;
}
