import { type Outcome, RedpostError } from '@redpost/core';
import type { WhenFull } from './max-length.js';

/** What a {@link QueueFullError} says. */
export interface QueueFullErrorOptions {
  queue: string;
  count: number;
  limit: number;
  whenFull: WhenFull;
  cause?: unknown;
}

/** What the message says beside the numbers. */
const explanations: Record<WhenFull, string> = {
  reject: '',
  'drop-oldest': ' None of them may be dropped, because all are delayed or were returned.',
  wait: ' There was no room for the message before the deadline of its send.',
};

/**
 * As many messages wait in the queue as its `maxLength` allows. The message was not sent; the same send may succeed
 * when consumers have taken some.
 */
export class QueueFullError extends RedpostError {
  declare readonly code: 'QUEUE_FULL';
  readonly outcome = 'not-executed' satisfies Outcome;
  /** The name of the queue. */
  readonly queue: string;
  /** How many messages were waiting, pending and delayed ones together. */
  readonly count: number;
  /** How many may wait: `maxLength.count`. */
  readonly limit: number;

  constructor({ queue, count, limit, whenFull, cause }: QueueFullErrorOptions) {
    super(
      `The queue ${JSON.stringify(queue)} is full: ${count === 1 ? '1 message waits' : `${count} messages wait`}, and its maxLength is ${limit}.` +
        `${explanations[whenFull]} Send the message again later, add consumers or raise maxLength`,
      { code: 'QUEUE_FULL', retryable: true, cause },
    );
    this.name = 'QueueFullError';
    this.queue = queue;
    this.count = count;
    this.limit = limit;
  }
}

/**
 * As many messages of the key wait as `limits.keyMaxLength` allows. The message was not sent; the same send may succeed
 * when consumers have taken some.
 */
export class KeyFullError extends RedpostError {
  declare readonly code: 'KEY_FULL';
  readonly outcome = 'not-executed' satisfies Outcome;
  /** The name of the queue. */
  readonly queue: string;
  readonly key: string;

  constructor({ queue, key }: { queue: string; key: string }) {
    super(
      `As many messages of the key ${JSON.stringify(key)} wait in the queue ${JSON.stringify(queue)} as its limit ` +
        'keyMaxLength allows. Send the message again later, or raise the limit',
      { code: 'KEY_FULL', retryable: true },
    );
    this.name = 'KeyFullError';
    this.queue = queue;
    this.key = key;
  }
}
