import type { Partitions } from '../partitions/partitions.js';
import type { HeldDelivery } from './delivery.js';

/** What becomes of messages that seemed to belong to another partition. */
interface Ends<Body> {
  /** They belong here, after all. */
  accept(own: readonly HeldDelivery<Body>[]): void;
  /** Where they belong cannot be read now. */
  giveBack(unknown: HeldDelivery<Body>[]): Promise<void>;
}

/**
 * Of what came from a list, returns the messages that are handled there. Those whose keys belong to other partitions, since the number
 * of partitions is another one, are sent on.
 *
 * Where they belong is read once more before that: their producer may know of a change that is not known here.
 *
 * @param at of the list.
 */
export function keepOwn<Body>(
  partitions: Partitions,
  at: number,
  deliveries: readonly HeldDelivery<Body>[],
  ends: Ends<Body>,
): readonly HeldDelivery<Body>[] {
  if (!partitions.hasForeignKeys(at)) return deliveries;
  const otherListOf = (held: HeldDelivery<Body>) => {
    const key = keyOf(held as HeldDelivery);
    return key === undefined ? undefined : partitions.otherListOf(key, at);
  };
  const foreign = deliveries.filter((held) => otherListOf(held) !== undefined);
  if (foreign.length === 0) return deliveries;
  const passOn = () => {
    const own: HeldDelivery<Body>[] = [];
    for (const held of foreign) {
      const target = otherListOf(held);
      if (target === undefined) own.push(held);
      else void held.settler.passOn(held as HeldDelivery, target);
    }
    if (own.length > 0) ends.accept(own);
  };
  partitions.reread().then(passOn, () => void ends.giveBack(foreign));
  return deliveries.filter((held) => !foreign.includes(held));
}

/** Undefined if it has none, or if its envelope cannot be read. */
export function keyOf(held: HeldDelivery): string | undefined {
  try {
    return held.key;
  } catch {
    return undefined;
  }
}
