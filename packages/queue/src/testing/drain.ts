import { refuseUnknownOptions } from '@redpost/core';
import type { Handler } from '../consuming/consumer.js';
import type { Queue } from '../queue.js';
import { type HandlingOptions, handleMessages, handlingOptionNames } from './handling.js';

/** What {@link drain} has done. */
export interface DrainResult {
  /** How often the handler was called. */
  handled: number;
  /** How many messages were acknowledged. */
  acked: number;
  /** How many attempts have led to another one: it comes now, or later. */
  retried: number;
  /** How many messages have become dead letters. */
  dead: number;
  /** The errors of the handler, and of messages that could not be read, in their order. */
  errors: readonly Error[];
}

/**
 * Handles all messages of a queue that are pending, in this process and one at a time, also those that are sent meanwhile.
 * Everything is as with `consume()`: leases, attempts, retries with their delays, dead letters. Resolves when no message is
 * pending and all is settled in Redis, so that a test can look at what the handlers did.
 *
 * ```ts
 * await signUp('ann@example.com'); // sends a message
 * await drain(emails, sendEmail);
 * expect(outbox).toEqual(['welcome ann@example.com']);
 * ```
 *
 * @throws the first error of the handler, unless `errors` is `'collect'`.
 * @throws TimeoutError when messages are pending still after `timeoutMs`.
 * @throws InvalidArgumentError for an option that cannot work, or a queue that is paused.
 */
export async function drain<Body>(
  queue: Queue<Body, never>,
  handler: Handler<Body>,
  options: HandlingOptions = {},
): Promise<DrainResult> {
  refuseUnknownOptions('drain()', options, handlingOptionNames);
  const { total: before } = await queue.stats();
  const most = Number.POSITIVE_INFINITY;
  const { deliveries, errors } = await handleMessages(queue, handler, { ...options, most });
  const { total } = await queue.stats();
  return {
    handled: deliveries.length,
    acked: total.acked - before.acked,
    retried: total.retried - before.retried,
    dead: total.dead - before.dead,
    errors,
  };
}
