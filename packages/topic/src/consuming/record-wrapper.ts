import type { TopicDelivery } from './group-delivery.js';

/**
 * Runs around each call of a handler. `next()` calls it, and resolves to what it returns or rejects with what it throws.
 * What this throws fails the attempt.
 */
export type RecordWrapper<Body = unknown> = (
  delivery: TopicDelivery<Body>,
  next: () => Promise<unknown>,
) => unknown;
