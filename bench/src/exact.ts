import type { Delivered } from './side/tasks.js';

/**
 * What was delivered, if that is what was sent.
 *
 * @throws DeliveryError when messages are missing, came twice, or were never sent.
 */
export function exact(delivered: Delivered, count: number): Delivered {
  const { distinct, doubled, strange } = delivered;
  if (distinct !== count || doubled > 0 || strange > 0) {
    throw new DeliveryError(
      `of ${count} messages ${count - distinct} were lost and ${doubled} came twice, ${strange} nobody had sent`,
    );
  }
  return delivered;
}

class DeliveryError extends Error {
  override readonly name = 'DeliveryError';
}

/** Messages per second. */
export function rate(messages: number, ms: number): number {
  return (messages / ms) * 1000;
}

/** From the first to the last message, in ms. */
export function deliveryMs({ firstAtNs, lastAtNs }: Delivered): number {
  return (lastAtNs - firstAtNs) / 1e6;
}
