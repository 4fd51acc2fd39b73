import type { HandleOperation, ObservedMessage, ReceivedTogether } from '@redpost/core';
import { handlerCall, type Wrapper } from '@redpost/core/consuming';
import type { QueueContext } from '../context.js';
import type { BatchHandler } from './batch-pool.js';
import type { Handler } from './consumer.js';
import type { Delivery, HeldDelivery } from './delivery.js';
import { observed } from './observed.js';

/**
 * Runs around each call of a handler. `next()` calls it, and resolves to what it returns or rejects with what it throws.
 * What this returns is the result of the message, and what it throws fails the attempt.
 */
export type HandlerWrapper<Body = unknown> = (
  delivery: Delivery<Body>,
  next: () => Promise<unknown>,
) => unknown;

/** The same around each call of the handler of `consumeBatch`. */
export type BatchWrapper<Body = unknown> = (
  deliveries: readonly Delivery<Body>[],
  next: () => Promise<unknown>,
) => unknown;

/** A handler with what surrounds it, and with what observes it. */
export function singleCall<Body>(
  context: QueueContext<Body>,
  wrappers: readonly HandlerWrapper[],
  handler: Handler<Body>,
): Handler<Body> {
  const around = wrappers as readonly Wrapper<Delivery<Body>>[];
  return handlerCall(around, handler, (delivery) => {
    const { received } = delivery as HeldDelivery<Body>;
    return received && operation(context, [observed(delivery)], received, false);
  });
}

/** The same for batches. */
export function batchCall<Body>(
  context: QueueContext<Body>,
  wrappers: readonly BatchWrapper[],
  handler: BatchHandler<Body>,
): BatchHandler<Body> {
  const around = wrappers as readonly Wrapper<readonly Delivery<Body>[]>[];
  return handlerCall(around, handler, (deliveries) => {
    const [first] = deliveries as readonly HeldDelivery<Body>[];
    const received = first?.received;
    return received && operation(context, deliveries.map(observed), received, true);
  });
}

function operation<Body>(
  { name, connection }: QueueContext<Body>,
  messages: readonly ObservedMessage[],
  received: ReceivedTogether,
  isBatch: boolean,
): HandleOperation {
  return { kind: 'queue', name, address: connection.address, messages, isBatch, received };
}
