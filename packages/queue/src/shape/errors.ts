import { RedpostError } from '@redpost/core';

/** What a {@link UnconfirmedError} says. */
export interface UnconfirmedErrorOptions {
  queue: string;
  /** What is declared, as the rest of a sentence: `is paused`. */
  declared: string;
  /** The call that has declared it. */
  call: string;
  consumers: readonly string[];
  timeoutMs: number;
}

/**
 * A pause or limits are declared in Redis, but not all consumers of the queue have confirmed that in time: they may
 * yet start messages that they had taken before. Another such call waits for them once more.
 */
export class UnconfirmedError extends RedpostError {
  declare readonly code: 'UNCONFIRMED';
  /** The consumers that have not confirmed it, by their names in Redis. */
  readonly consumers: readonly string[];

  constructor({ queue, declared, call, consumers, timeoutMs }: UnconfirmedErrorOptions) {
    const who = consumers.length === 1 ? '1 consumer has' : `${consumers.length} consumers have`;
    super(
      `The queue ${JSON.stringify(queue)} ${declared}, but ${who} not confirmed that within ${timeoutMs} ms: ` +
        'it cannot be reached, or its event loop is blocked. It takes nothing more, but it may start messages that ' +
        `it had taken before, until its lease runs out. Call ${call} again to wait once more`,
      { code: 'UNCONFIRMED', retryable: true },
    );
    this.name = 'UnconfirmedError';
    this.consumers = consumers;
  }
}

/** A consumer that was to be paused is gone: it has stopped, or its lease has run out. */
export class ConsumerGoneError extends RedpostError {
  declare readonly code: 'CONSUMER_GONE';
  /** The name that was asked for. */
  readonly consumer: string;

  constructor({ queue, consumer }: { queue: string; consumer: string }) {
    super(
      `The queue ${JSON.stringify(queue)} has no consumer ${JSON.stringify(consumer)}: it has stopped, or its lease has ` +
        'run out. A consumer that goes on after a lost lease has another name: consumers() lists those that there are now',
      { code: 'CONSUMER_GONE', retryable: false },
    );
    this.name = 'ConsumerGoneError';
    this.consumer = consumer;
  }
}
