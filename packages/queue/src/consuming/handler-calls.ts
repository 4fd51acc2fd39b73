import type { Destination } from '@redpost/core';
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
  return handlerCall(wrappers as readonly Wrapper<Delivery<Body>>[], handler, {
    destination: destinationOf(context),
    isBatch: false,
    receivedOf: (delivery) => (delivery as HeldDelivery<Body>).received,
    messagesOf: (delivery) => [observed(delivery)],
  });
}

/** The same for batches. */
export function batchCall<Body>(
  context: QueueContext<Body>,
  wrappers: readonly BatchWrapper[],
  handler: BatchHandler<Body>,
): BatchHandler<Body> {
  return handlerCall(wrappers as readonly Wrapper<readonly Delivery<Body>[]>[], handler, {
    destination: destinationOf(context),
    isBatch: true,
    receivedOf: ([first]) => (first as HeldDelivery<Body> | undefined)?.received,
    messagesOf: (deliveries) => deliveries.map(observed),
  });
}

function destinationOf<Body>({ name, connection }: QueueContext<Body>): Destination {
  return { kind: 'queue', name, address: connection.address };
}
