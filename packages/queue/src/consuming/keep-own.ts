import type { Partitions } from '../partitions/partitions.js';
import type { HeldDelivery } from './delivery.js';

/**
 * Of what came from a list, returns the messages that are handled there. Those whose keys belong to other partitions, since the number
 * of partitions is another one, are sent on.
 *
 * @param at of the list.
 */
export function keepOwn<Body>(
  partitions: Partitions,
  at: number,
  deliveries: readonly HeldDelivery<Body>[],
): readonly HeldDelivery<Body>[] {
  if (!partitions.hasForeignKeys(at)) return deliveries;
  return deliveries.filter((held) => {
    const key = keyOf(held);
    const target = key === undefined ? undefined : partitions.otherListOf(key, at);
    if (target === undefined) return true;
    void held.settler.passOn(held as HeldDelivery, target);
    return false;
  });
}

/** Undefined if it has none, or if its envelope cannot be read. */
export function keyOf(held: HeldDelivery): string | undefined {
  try {
    return held.key;
  } catch {
    return undefined;
  }
}
