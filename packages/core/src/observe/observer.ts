/** What a call or a batch is about: a queue, a topic (or a group of it), or a channel. */
export interface Destination {
  kind: 'queue' | 'topic' | 'channel';
  name: string;
  /** The consumer group of a topic, where one consumes. */
  group?: string | undefined;
  /** Where Redis is: host and port, or a path. Never a password. */
  address: string;
}

/** One call of a method that sends or publishes, whatever number of messages it is for. */
export interface SendOperation extends Destination {
  /** The method: `send`, `sendBatch`, `request`, `publish` or `publishBatch`. */
  method: string;
  /** How many messages it is for. */
  count: number;
  /**
   * What is added to the headers of each of these messages: an observer may write to it before the messages are encoded.
   * Undefined where messages have no headers: on channels, and in bare payloads.
   */
  headers: Record<string, string> | undefined;
}

/** A message that was received, as far as observers are concerned. */
export interface ObservedMessage {
  /** Undefined on channels. In a topic, its offset. */
  readonly id: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
  /** Which attempt this is, from 1. Undefined where there are no attempts. */
  readonly attempt: number | undefined;
  /** The key or the partition that it belongs to, if any. */
  readonly key: string | undefined;
}

/** Messages that have come together, in one answer of Redis. */
export interface ReceivedTogether {
  /** How many they are. */
  readonly count: number;
}

/** One call of a handler. */
export interface HandleOperation extends Destination {
  /** The messages that the handler gets: one, or those of a batch. */
  readonly messages: readonly ObservedMessage[];
  /** True when the handler gets a batch, be it of one message. */
  isBatch: boolean;
  /**
   * The same object for all messages that have come together with this one, or with the first one of a batch. Undefined on
   * channels, whose messages come one by one.
   */
  received: ReceivedTogether | undefined;
}

/** One call that waits for messages without a handler: `queue.receive()`, `subscription.next()`, a read of a topic. */
export interface ReceiveOperation extends Destination {
  /** What came: filled before the call resolves. */
  messages: ObservedMessage[];
}

/** Messages that were sent or published by one command. */
export interface SentBatch extends Destination {
  /** How many of them Redis has. */
  sent: number;
  /** How many were refused, or may be there or not: see the `outcome` of their errors. */
  failed: number;
  /** The error of the first one that failed; undefined when none did. */
  error: unknown;
  /** How long the command took, in ms, with its wait for Redis. */
  durationMs: number;
}

/** What became of a message. */
export type SettledAs = 'acked' | 'retried' | 'dead' | 'expired' | 'cancelled';

/** How long a message waited until its handler began, and how long that had it, in ms. Undefined where it is not known. */
export interface HandlingTimes {
  waitMs: number | undefined;
  runMs: number | undefined;
}

/** The times of a message that was settled. */
export interface SettledTimes extends HandlingTimes {
  /** For how many messages this one stands. Over all batches, the weights add up to the number of messages. */
  weight: number;
  /** What its handler has thrown; undefined when that is not why it was settled. */
  error: Error | undefined;
}

/** Messages that a consumer has settled in one tick of the event loop. */
export interface SettledBatch extends Destination {
  /** How many were settled so. */
  counts: Readonly<Record<SettledAs, number>>;
  /**
   * The times of those whose handlers have thrown, and of some of the others: of all while a consumer settles few, and of one in up
   * to 256 while it settles many.
   */
  times: readonly SettledTimes[];
}

/**
 * What observes all queues, topics and channels of this process: see {@link observe}. Each method is optional. What it
 * throws becomes the error of the call that is observed, or for `sent` and `settled` a process warning.
 */
export interface Observer {
  /** Runs around each call that sends or publishes. It returns what `run` returns. */
  send?<Result>(operation: SendOperation, run: () => Promise<Result>): Promise<Result>;
  /** Runs around each call of a handler. It returns what `run` returns, which may be no promise. */
  handle?(operation: HandleOperation, run: () => unknown): unknown;
  /** Runs around each call that waits for messages without a handler. It returns what `run` returns. */
  receive?<Result>(operation: ReceiveOperation, run: () => Promise<Result>): Promise<Result>;
  /** Messages were sent or published, by one command. */
  sent?(batch: SentBatch): void;
  /** Messages were settled, by one consumer in one tick. */
  settled?(batch: SettledBatch): void;
}
