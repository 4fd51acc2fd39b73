import { refuseUnknownOptions } from '@redpost/core';
import type { Handler } from '../consuming/consumer.js';
import type { Delivery } from '../consuming/delivery.js';
import type { Queue } from '../queue.js';
import { type HandlingOptions, handleMessages, handlingOptionNames } from './handling.js';

/** What became of the message of {@link runOnce}. */
export interface RunResult<Body> {
  /** The message, as the handler got it. It is settled. */
  readonly delivery: Delivery<Body>;
  /** What this attempt has led to. */
  readonly outcome: 'acked' | 'retried' | 'dead';
  /** What the handler has returned. */
  readonly value: unknown;
  /** What the handler has thrown, with `errors: 'collect'`. */
  readonly error: Error | undefined;
}

/**
 * Handles the next message of a queue in this process, as a consumer does, and tells what became of it. Resolves to undefined
 * when no message is pending.
 *
 * @throws the error of the handler, unless `errors` is `'collect'`.
 * @throws TimeoutError when the handler has not ended within `timeoutMs`.
 * @throws InvalidArgumentError for an option that cannot work, or a queue that is paused.
 */
export async function runOnce<Body>(
  queue: Queue<Body, never>,
  handler: Handler<Body>,
  options: HandlingOptions = {},
): Promise<RunResult<Body> | undefined> {
  refuseUnknownOptions('runOnce()', options, handlingOptionNames);
  const { total: before } = await queue.stats();
  const { deliveries, errors, value } = await handleMessages(queue, handler, {
    ...options,
    most: 1,
  });
  const [delivery] = deliveries;
  if (!delivery) return undefined;
  const { total } = await queue.stats();
  const outcome =
    total.dead > before.dead ? 'dead' : total.retried > before.retried ? 'retried' : 'acked';
  return { delivery, outcome, value, error: errors[0] };
}
