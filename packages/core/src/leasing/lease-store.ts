import type { ConnectionThread, RepeatOptions, Repetition } from '../connection/connection.js';

/** The answer of Redis to a heartbeat. */
export interface Renewal {
  /** How many messages Redis counts as held by the consumer. */
  held: number;
  /** The version of the shape of the queue; undefined for a topic, which has no shape. */
  shape?: string | undefined;
  /** Whether messages were cancelled that the consumer held; undefined for a topic. */
  hasCancelled?: boolean;
  /** Whether messages are sent to other queues with acknowledgements; undefined for a topic. */
  hasOutbox?: boolean;
  /** Other consumers whose lease has run out. */
  overdue: string[];
  /** Of {@link LeaseStore.renewIdle}: nothing else is to be looked at, or only what may be due `later`. */
  found?: 'nothing' | 'later';
}

/** A message to return for another attempt. */
export interface Retry<Held> {
  held: Held;
  delayMs: number;
}

/** A message to move to the dead letters, and why. */
export interface DeadLettering<Held> {
  held: Held;
  reason: string;
  /** The message of the last error. */
  error: string;
  /** What the error was, and where it was thrown: see `stackOf`. Empty where there was none. */
  stack: string;
}

/**
 * The port of the leasing engine to the storage: the scripts of a list, or of a partition of a stream, as one consumer
 * calls them. `Held` is a delivery; `Recovery` says what was done with the messages of a consumer that had died.
 */
export interface LeaseStore<Held, Recovery> {
  /** The name of the consumer, under which it holds its lease. */
  readonly consumer: string;
  /** Renews the lease. Resolves to undefined when it is lost. */
  renew(): Promise<Renewal | undefined>;
  /**
   * Renews the lease of a consumer that holds nothing, in one call with others. Resolves to undefined when nothing was done,
   * because there is something to look at, or because that was not possible: then it is renewed by itself. Never rejects.
   */
  renewIdle?(): Promise<Renewal | undefined>;
  /** Lets a thread renew the lease again and again. */
  renewIn(thread: ConnectionThread, options: RepeatOptions): Promise<Repetition>;
  /** Returns messages for another attempt. Resolves to whether each was still held. */
  retry(retries: readonly Retry<Held>[]): Promise<boolean[]>;
  /** Moves messages to the dead letters. Resolves to whether each was still held. */
  deadLetter(letters: readonly DeadLettering<Held>[]): Promise<boolean[]>;
  /** Returns messages so that other consumers get them. This does not count as an attempt. */
  returnUnfinished(held: readonly Held[]): Promise<void>;
  /** How many bytes a call has to send to make a dead letter of a message, without reason and error. */
  deadLetterSize(held: Held): number;
  /**
   * Returns the messages of a consumer whose lease has run out, so that other consumers get them. Resolves to undefined
   * when it held no messages, or another consumer has returned them already.
   *
   * @param consumer the name in the answer to a heartbeat.
   */
  recover(consumer: string): Promise<Recovery | undefined>;
}
