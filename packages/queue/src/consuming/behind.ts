import { nextTick } from '@redpost/core/consuming';
import type { Runs } from '../store/acknowledgements.js';
import type { HeldDelivery } from './delivery.js';

/** What the messages that wait ask of their session. */
export interface BehindHost<Body> {
  /** It waits no more: a handler may have it. */
  itsTurn(held: HeldDelivery<Body>): void;
  /** Returns them to the queue. */
  returnUnfinished(deliveries: readonly HeldDelivery<Body>[]): Promise<void>;
  /** Could not be returned: they stay leased, and return when the consumer leaves or its lease ends. */
  notReturned(error: unknown): void;
}

/** When a message took longer than this, in µs, those behind it in its run are returned, because other keys may be next. */
const longestOfRunUs = 20_000;

/**
 * Messages that wait behind others of their key. Several messages of one key that were taken together are a run, and have
 * consecutive receipts: a handler gets the first one, and each of the others follows when the one before it is
 * acknowledged. So Redis hands out several messages of a key by one step, and still only one of them is handled at a time.
 */
export class Behind<Body = unknown> {
  readonly #host: BehindHost<Body>;
  /** Made when the first one waits: in most queues, none does. */
  #byReceipt: Map<number, HeldDelivery<Body>> | undefined;
  /** What is returned at the end of this tick. */
  #unwanted: HeldDelivery<Body>[] | undefined;

  constructor(host: BehindHost<Body>) {
    this.#host = host;
  }

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

  /** A message was acknowledged: the one behind it in its run follows. */
  goOn(held: HeldDelivery<Body>): void {
    if (this.size === 0) return;
    if ((held.ranUs ?? 0) > longestOfRunUs) {
      this.returnAfter(held);
      return;
    }
    const next = this.#takeNext(held);
    if (next) this.#host.itsTurn(next);
  }

  /** Returns those behind this message to the queue. Redis keeps the order of a run, whichever of it is returned first. */
  returnAfter(held: HeldDelivery<Body>): void {
    if (this.size === 0) return;
    if (!this.#unwanted) {
      this.#unwanted = [];
      nextTick(() => void this.#returnUnwanted());
    }
    for (let next = this.#takeNext(held); next; next = this.#takeNext(next)) {
      this.#unwanted.push(next);
    }
  }

  /** Removes and returns all of them. */
  takeAll(): HeldDelivery<Body>[] {
    const all = [...(this.#byReceipt?.values() ?? [])];
    this.#byReceipt?.clear();
    return all;
  }

  #takeNext({ number }: HeldDelivery<Body>): HeldDelivery<Body> | undefined {
    const next = this.#byReceipt?.get(number + 1);
    if (next) this.#byReceipt?.delete(number + 1);
    return next;
  }

  async #returnUnwanted(): Promise<void> {
    const unwanted = this.#unwanted ?? [];
    this.#unwanted = undefined;
    try {
      await this.#host.returnUnfinished(unwanted);
    } catch (error) {
      this.#host.notReturned(error);
    }
  }
}
