import type { ConnectionThread, RepeatOptions, Repetition } from '../connection/connection.js';

/** What Redis answers to a heartbeat. */
export interface Renewal {
  /** How many messages it counts as the consumer's. */
  held: number;
  /** The version of what the queue has declared; undefined where nothing can be declared. */
  shape?: string | undefined;
  /** Other consumers whose lease has run out. */
  overdue: string[];
}

/** What is to be tried again. */
export interface Retry<Held> {
  held: Held;
  delayMs: number;
}

/** What becomes a dead letter, and why. */
export interface DeadLettering<Held> {
  held: Held;
  reason: string;
  error: string;
}

/**
 * What leasing asks of the storage: one consumer's view of a list, or of a partition of a stream.
 * `Held` is a delivery; `Recovery` says what was done with the messages of a consumer that had died.
 */
export interface LeaseStore<Held, Recovery> {
  /** The name of the consumer, under which it holds its lease. */
  readonly consumer: string;
  /** Renews the lease. Resolves to undefined when it is lost. */
  renew(): Promise<Renewal | undefined>;
  /** Lets a thread renew it again and again. */
  renewIn(thread: ConnectionThread, options: RepeatOptions): Promise<Repetition>;
  /** Returns them for another attempt. Resolves to whether each was still held. */
  retry(retries: readonly Retry<Held>[]): Promise<boolean[]>;
  /** Moves them to the dead letters. Resolves to whether each was still held. */
  deadLetter(letters: readonly DeadLettering<Held>[]): Promise<boolean[]>;
  /** Returns them, so that others get them. That does not count as an attempt. */
  returnUnfinished(held: readonly Held[]): Promise<void>;
  /** How many bytes have to be sent to make a dead letter of it, besides reason and error. */
  deadLetterSize(held: Held): number;
  /**
   * Returns what a consumer held whose lease has run out, so that others get it. Resolves to undefined
   * when that was nothing, or another consumer has done it already.
   *
   * @param consumer as the answer to a heartbeat has named it.
   */
  recover(consumer: string): Promise<Recovery | undefined>;
}
