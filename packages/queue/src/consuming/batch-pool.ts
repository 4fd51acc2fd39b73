import {
  clearTimeout,
  HandlerPool,
  type HandlerPoolHost,
  type Lease,
  setTimeout,
} from '@redpost/core/consuming';
import { Batch } from './batch.js';
import type { CheckedBatching } from './consume-options.js';
import type { Delivery, HeldDelivery } from './delivery.js';
import type { Handlers } from './handlers.js';
import { keyOf } from './keep-own.js';

/** Gets the messages of a batch, oldest first. Returning acknowledges those that it has not settled; throwing retries them. */
export type BatchHandler<Body> = (deliveries: readonly Delivery<Body>[]) => unknown;

/** How many messages may wait for a handler, however fast the handlers are. */
const mostAhead = 1000;
/** How long a batch that is not to wait does so all the same, when Redis does not say whether there is more, in ms. */
const longestLookMs = 100;

/** A batch that is not complete. */
interface Filling<Body> {
  readonly messages: HeldDelivery<Body>[];
  bytes: number;
  readonly timer: NodeJS.Timeout;
}

/** Collects messages into batches, and calls a handler for each batch. */
export class BatchPool<Body = unknown> implements Handlers<Body> {
  readonly #options: CheckedBatching;
  readonly #pool: HandlerPool<Batch<Body>>;
  /** The batches that are not complete yet: each has messages that one session holds. */
  readonly #filling = new Map<Lease, Filling<Body>>();
  /** How many messages a batch has, if the next ones are as large as those of the last one. */
  #expected: number;

  constructor(
    handler: BatchHandler<Body>,
    options: CheckedBatching & { concurrency: number },
    host: HandlerPoolHost<HeldDelivery<Body>>,
  ) {
    this.#options = options;
    this.#expected = options.max;
    const call = ({ deliveries }: Batch<Body>) =>
      deliveries.length > 0 ? handler(deliveries) : undefined;
    const { concurrency, max } = options;
    const { outcomes } = host;
    this.#pool = new HandlerPool<Batch<Body>>(
      call,
      concurrency,
      {
        open: (batch) => batch.open(host),
        outcomes: {
          succeeded({ deliveries }) {
            for (const held of deliveries) outcomes.succeeded(held, undefined);
          },
          failed({ deliveries }, thrown) {
            const unsettled = deliveries.filter(({ isSettled }) => !isSettled);
            for (const held of unsettled) outcomes.failed(held, thrown);
            if (unsettled.length > 0) return;
            // The error still has to be heard, but only once.
            const [first] = deliveries.filter(({ isLost }) => !isLost);
            if (first) outcomes.failed(first, thrown);
          },
        },
        finished: () => host.finished(),
        stuck: () => host.stuck(),
      },
      Math.ceil(mostAhead / max),
    );
  }

  get free(): number {
    let filling = 0;
    for (const { messages } of this.#filling.values()) filling += messages.length;
    return this.#pool.free * this.#expected - filling;
  }

  freeFor(session: Lease): number {
    const { messages = [] } = this.#filling.get(session) ?? {};
    return this.#pool.free * this.#expected - messages.length;
  }

  get isCaller(): boolean {
    return this.#pool.isCaller;
  }

  accept(deliveries: readonly HeldDelivery<Body>[]): void {
    const complete: Batch<Body>[] = [];
    const ofKeys = new Map<string, HeldDelivery<Body>[]>();
    for (const held of deliveries) {
      const key = this.#options.isByKey ? keyOf(held as HeldDelivery) : undefined;
      // A message that may have killed its consumer comes alone, so that the next crash names it.
      if (held.isSuspect) complete.push(new Batch([held], held.size));
      else if (key === undefined) complete.push(...this.#add(held));
      else addTo(ofKeys, key, held);
    }
    for (const all of ofKeys.values()) complete.push(...this.#batchesOfKey(all));
    if (complete.length > 0) this.#pool.accept(complete);
  }

  drained(): void {
    if (this.#options.maxWaitMs > 0) return;
    for (const session of this.#filling.keys()) this.#handOver(session);
  }

  goOn(): void {
    this.#pool.goOn();
  }

  stop(): void {
    for (const { timer } of this.#filling.values()) clearTimeout(timer);
    this.#pool.stop();
  }

  pause(): void {
    this.#pool.pause();
  }

  resume(): void {
    this.#pool.resume();
  }

  stall(): void {
    this.#pool.stall();
  }

  leaseAhead(most: number): void {
    this.#pool.leaseAhead(Math.floor(most / this.#options.max));
  }

  removeWaiting(): HeldDelivery<Body>[] {
    const waiting = this.#pool.removeWaiting().flatMap(({ all }) => all);
    const sessions = [...this.#filling.keys()];
    return [...waiting, ...sessions.flatMap((session) => this.#remove(session).messages)];
  }

  done(): Promise<void> {
    return this.#pool.done();
  }

  /** Returns the batches that are complete with it or without it. */
  #add(held: HeldDelivery<Body>): Batch<Body>[] {
    const { max, maxBytes } = this.#options;
    const { settler } = held;
    const complete: Batch<Body>[] = [];
    const before = this.#filling.get(settler);
    if (before && before.bytes + held.size > maxBytes) complete.push(this.#complete(settler));
    const filling = this.#filling.get(settler) ?? this.#begin(settler);
    filling.messages.push(held);
    filling.bytes += held.size;
    if (filling.messages.length >= max || filling.bytes >= maxBytes) {
      complete.push(this.#complete(settler));
    }
    return complete;
  }

  /** Nothing more can come of its key until these are settled, so they wait for nothing. */
  #batchesOfKey(all: readonly HeldDelivery<Body>[]): Batch<Body>[] {
    const batches: Batch<Body>[] = [];
    for (let at = 0; at < all.length; at += this.#options.max) {
      const some = all.slice(at, at + this.#options.max);
      for (const held of some) held.sharedBy = some.length;
      // Of what was fetched after an answer got lost, nobody knows which messages are one batch.
      const isFetched = some.some(({ startBy }) => startBy === Number.NEGATIVE_INFINITY);
      const size = some.reduce((sum, held) => sum + held.size, 0);
      batches.push(new Batch(some, size, isFetched ? Number.NEGATIVE_INFINITY : undefined));
    }
    return batches;
  }

  #begin(session: Lease): Filling<Body> {
    const waitMs = this.#options.maxWaitMs || longestLookMs;
    const timer = setTimeout(() => this.#handOver(session), waitMs).unref();
    const filling = { messages: [], bytes: 0, timer };
    this.#filling.set(session, filling);
    return filling;
  }

  #handOver(session: Lease): void {
    if (this.#filling.has(session)) this.#pool.accept([this.#complete(session)]);
  }

  #complete(session: Lease): Batch<Body> {
    const { max, maxBytes } = this.#options;
    const { messages, bytes } = this.#remove(session);
    const fitting = Math.floor((maxBytes * messages.length) / Math.max(bytes, 1));
    this.#expected = Math.max(1, Math.min(max, fitting));
    if (this.#options.isByKey) for (const held of messages) held.sharedBy = messages.length;
    return new Batch(messages, bytes);
  }

  #remove(session: Lease): Filling<Body> {
    const filling = this.#filling.get(session) as Filling<Body>;
    clearTimeout(filling.timer);
    this.#filling.delete(session);
    return filling;
  }
}

function addTo<Value>(groups: Map<string, Value[]>, name: string, value: Value): void {
  const group = groups.get(name);
  if (group) group.push(value);
  else groups.set(name, [value]);
}
