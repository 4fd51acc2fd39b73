import type { ObservedMessage } from '@redpost/core';
import { compose, isObserved, observeHandle, type Wrapper } from '@redpost/core/consuming';
import type { QueueContext } from '../context.js';
import type { BatchHandler } from './batch-pool.js';
import type { Handler } from './consumer.js';
import type { Delivery, HeldDelivery } from './delivery.js';

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
export function handlerCall<Body>(
  context: QueueContext<Body>,
  wrappers: readonly HandlerWrapper[],
  handler: Handler<Body>,
): Handler<Body> {
  const call = compose(wrappers as readonly Wrapper<Delivery<Body>>[], handler);
  return (delivery) => {
    if (!isObserved('handle')) return call(delivery);
    return observeHandle(operation(context, [delivery], false), () => call(delivery));
  };
}

/** The same for batches. */
export function batchHandlerCall<Body>(
  context: QueueContext<Body>,
  wrappers: readonly BatchWrapper[],
  handler: BatchHandler<Body>,
): BatchHandler<Body> {
  const call = compose(wrappers as readonly Wrapper<readonly Delivery<Body>[]>[], handler);
  return (deliveries) => {
    if (!isObserved('handle')) return call(deliveries);
    return observeHandle(operation(context, deliveries, true), () => call(deliveries));
  };
}

function operation<Body>(
  { name, connection }: QueueContext<Body>,
  deliveries: readonly Delivery<Body>[],
  isBatch: boolean,
) {
  const { address } = connection;
  return { kind: 'queue' as const, name, address, messages: deliveries.map(observed), isBatch };
}

/** A delivery as observers see it. Its envelope may be malformed, which must not fail its handler. */
export function observed<Body>(delivery: Delivery<Body>): ObservedMessage {
  try {
    void (delivery as HeldDelivery<Body>).envelope;
    return delivery;
  } catch {
    return { id: delivery.receipt, headers: {}, attempt: undefined, key: undefined };
  }
}
