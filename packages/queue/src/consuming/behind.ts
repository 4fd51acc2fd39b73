import type { Runs } from '../store/acknowledgements.js';
import type { HeldDelivery } from './delivery.js';

/**
 * Messages that wait behind others of their key. Several messages of one key that were taken together are a run, and have
 * consecutive receipts: a handler gets the first one, and each of the others follows when the one before it is
 * acknowledged. So Redis hands out several messages of a key by one step, and still only one of them is handled at a time.
 */
export class Behind<Body = unknown> {
  /** Made when the first one waits: in most queues, none does. */
  #byReceipt: Map<number, HeldDelivery<Body>> | undefined;

  /** How many wait. */
  get size(): number {
    return this.#byReceipt?.size ?? 0;
  }

  /** Adds all but the first message of each run of one key. */
  add(taken: readonly HeldDelivery<Body>[], runs: Runs): void {
    this.#byReceipt ??= new Map();
    let at = 0;
    for (const run of runs) {
      const end = at + Math.abs(run);
      for (let n = at + 1; n < end && run > 0; n += 1) {
        const held = taken[n] as HeldDelivery<Body>;
        this.#byReceipt.set(held.number, held);
      }
      at = end;
    }
  }

  has({ number }: HeldDelivery<Body>): boolean {
    return this.#byReceipt?.has(number) ?? false;
  }

  /** Removes a message, be it here or not. */
  remove({ number }: HeldDelivery<Body>): void {
    this.#byReceipt?.delete(number);
  }

  /** Removes and returns the message that follows this one in its run. */
  takeNext({ number }: HeldDelivery<Body>): HeldDelivery<Body> | undefined {
    const next = this.#byReceipt?.get(number + 1);
    if (next) this.#byReceipt?.delete(number + 1);
    return next;
  }

  /** Removes and returns all messages that follow this one in its run. */
  takeAfter(held: HeldDelivery<Body>): HeldDelivery<Body>[] {
    const all: HeldDelivery<Body>[] = [];
    for (let next = this.takeNext(held); next; next = this.takeNext(next)) all.push(next);
    return all;
  }

  /** Removes and returns all of them. */
  takeAll(): HeldDelivery<Body>[] {
    const all = [...(this.#byReceipt?.values() ?? [])];
    this.#byReceipt?.clear();
    return all;
  }
}
