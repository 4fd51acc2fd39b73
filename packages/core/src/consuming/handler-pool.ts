import { inThisContext } from '../runtime/context.js';
import { isThenable } from '../runtime/is-thenable.js';
import { performance } from '../runtime/timers.js';
import { Ahead } from './ahead.js';
import { isCalledOrAwaitedBy } from './is-called-or-awaited-by.js';
import { Lookahead } from './lookahead.js';

/** The lease under which a delivery was made, which also settles it. */
export interface Lease {
  /** How many handlers run under this lease. The pool counts them. */
  running: number;
  /** False when the lease may have run out. @param now by `performance.now()`. */
  isFreshAt(now: number): boolean;
  /**
   * Acknowledges a delivery. May throw because of the value: then nothing is changed.
   *
   * @param isExpired true when it was not handled, but had expired.
   * @param value what its handler has returned.
   */
  acknowledge(held: Handled, isExpired: boolean, value?: unknown): void;
  /** Returns a delivery for another attempt, and resolves when Redis has done that. */
  retry(held: Handled, delayMs: number, error?: string): Promise<void>;
  /** Moves a delivery to the dead letters, and resolves when Redis has done that. */
  deadLetter(held: Handled, reason: string, error: string, stack?: string): Promise<void>;
}

/** One delivery or several, for one call of a handler. */
export interface Work {
  /** Its approximate size, in bytes. */
  readonly size: number;
  readonly settler: Lease;
  /** When its handler began, by `performance.now()`; 0 before. */
  startedAt: number;
  /**
   * When it may be started at the latest, by `performance.now()`: after that it is to be returned, as if it were stuck.
   * Undefined for no such time.
   */
  readonly startBy: number | undefined;
}

/** One delivery. */
export interface Handled extends Work {
  /** True when the lease of the delivery was lost. */
  readonly isLost: boolean;
  /** What its handler has thrown, or why it could not be read. */
  thrown?: Error | undefined;
  /** Claims the right to settle it. Returns true to the first caller only. */
  claim(): boolean;
}

/** The consumer that a pool of handlers belongs to. */
export interface HandlerPoolHost<Item extends Work> {
  /** Makes the body available. Returns a promise only if that takes time. May throw. */
  open(item: Item): Promise<void> | undefined;
  /** Settles an item by how its handler ended. */
  readonly outcomes: {
    /** The handler has returned this. */
    succeeded(item: Item, value: unknown): void;
    /** The item could not be opened, or its handler has thrown this. */
    failed(item: Item, thrown: unknown): void;
  };
  /** A handler has finished, so there may be demand. */
  finished(): void;
  /** No item was started for a while, or may start any more. The items that wait are to be returned. */
  stuck(): void;
}

/** The number of pools that this process has made. */
let pools = 0;

/**
 * Calls a handler for each item, `concurrency` at a time, and settles the item by how the handler ends. Handlers run in
 * the context in which the pool was made. Items that are not started wait in their order.
 */
export class HandlerPool<Item extends Work> {
  readonly #call: (item: Item) => unknown;
  readonly #concurrency: number;
  readonly #host: HandlerPoolHost<Item>;
  readonly #outcomes: HandlerPoolHost<Item>['outcomes'];
  readonly #lookahead: Lookahead;
  readonly #ahead: Ahead<Item>;
  /** Names of the functions that call and await a handler, by which `isCaller` recognises them on the stack. */
  readonly #names = namesOfPool(++pools);
  readonly #follow: (item: Item, result: PromiseLike<unknown>) => Promise<void>;
  readonly #waiters = new Set<{ isDone(): boolean; resolve(): void }>();
  #running = 0;
  /** How many items wait until their lease is renewed: until then they need no handler. */
  #late = 0;
  #isStarting = false;
  /** When the last handler finished, by `performance.now()`. */
  #finishedAt = 0;
  #isStopping = false;
  #isPaused = false;
  /** True while a follower can await the next handler, and what it is given to await. */
  #isFollowerFree = false;
  #nextItem: Item | undefined;
  #nextResult: PromiseLike<unknown> | undefined;

  /** @param mostAhead how many items may wait here for a handler, however fast the handlers are. */
  constructor(
    handler: (item: Item) => unknown,
    concurrency: number,
    host: HandlerPoolHost<Item>,
    mostAhead = 1000,
  ) {
    const { calling } = this.#names;
    // Named where they are made: to name a function later makes it larger.
    this.#call = { [calling]: (item: Item) => handler(item) }[calling] as (item: Item) => unknown;
    this.#concurrency = concurrency;
    this.#host = host;
    this.#outcomes = host.outcomes;
    this.#lookahead = new Lookahead(concurrency, mostAhead);
    this.#ahead = new Ahead(() => host.stuck());
    this.#follow = this.#createFollower();
  }

  /** How many more items this pool has use for: see Lookahead. */
  get free(): number {
    const ahead = this.#ahead.size - this.#late;
    return this.#concurrency + this.#lookahead.count - this.#running - ahead;
  }

  /** How many items it wants to have ahead of its handlers: see Lookahead. */
  get reserve(): number {
    return this.#lookahead.count;
  }

  /** A round trip to Redis takes so long, in ms. */
  roundTrip(ms: number): void {
    this.#lookahead.roundTripMs = ms;
  }

  /** How many handlers have nothing to do. */
  get idle(): number {
    return this.#concurrency - this.#running - this.#ahead.size;
  }

  /** Accepts items, and starts as many handlers as allowed. */
  accept(deliveries: readonly Item[]): void {
    this.#ahead.add(deliveries);
    this.#startMore(performance.now());
    this.#ahead.watch();
  }

  /** Starts the items that waited for their lease, after a lease was renewed. */
  goOn(): void {
    this.#startMore(performance.now());
  }

  /** True when the caller runs in one of these handlers, or is awaited by one. */
  get isCaller(): boolean {
    return isCalledOrAwaitedBy(this.#names);
  }

  /** Starts no more handlers. */
  stop(): void {
    this.#isStopping = true;
  }

  /** Starts no more handlers until `resume()`. */
  pause(): void {
    this.#isPaused = true;
  }

  /** Starts handlers again. */
  resume(): void {
    this.#isPaused = false;
    this.#startMore(performance.now());
  }

  /** Until a handler has finished, this pool has no use for items that would wait. */
  stall(): void {
    this.#lookahead.stall();
  }

  /** Sets for how many items that would wait this pool may have use at most, from now on. */
  leaseAhead(most: number): void {
    this.#lookahead.bound = most;
  }

  /** Removes and returns all items that were not started, or those of one lease. */
  removeWaiting(lease?: Lease): Item[] {
    const all = this.#ahead.takeAll();
    this.#late = 0;
    if (!lease) return all;
    this.#ahead.add(all.filter((item) => item.settler !== lease));
    this.#ahead.watch();
    return all.filter((item) => item.settler === lease);
  }

  /** Resolves when no handler runs, or no handler under this lease. */
  done(lease?: Lease): Promise<void> {
    const isDone = () => (lease ? lease.running : this.#running) === 0;
    if (isDone()) return Promise.resolve();
    return new Promise((resolve) => this.#waiters.add({ isDone, resolve }));
  }

  get #isHeldUp(): boolean {
    return this.#isPaused || this.#isStopping;
  }

  /** @param now by `performance.now()`. */
  #startMore(now: number): void {
    // A handler that returns at once calls this again. Without this check the stack would grow with each message.
    if (this.#isStarting) return;
    this.#isStarting = true;
    this.#late = 0;
    while (this.#running < this.#concurrency && !this.#isHeldUp) {
      const item = this.#ahead.next;
      if (!item) break;
      if (!item.settler.isFreshAt(now)) {
        if (this.#postponeStale(now)) continue;
        break;
      }
      if (item.startBy !== undefined && item.startBy < now) {
        this.#host.stuck();
        break;
      }
      this.#ahead.take();
      this.#running += 1;
      item.settler.running += 1;
      item.startedAt = now;
      const result = this.#start(item);
      if (result) this.#await(item, result);
      // The handler may have taken long. (Reading the clock costs as much as everything else here.)
      if (this.#running >= this.#concurrency) break;
      now = this.#finishedAt > now ? this.#finishedAt : performance.now();
    }
    this.#isStarting = false;
  }

  /**
   * After this process was frozen or its event loop blocked, other consumers may have these items, which the next
   * heartbeat tells. Items under another lease need not wait for it. Returns false when there are no such items.
   */
  #postponeStale(now: number): boolean {
    const isFound = this.#ahead.postpone(({ settler }) => !settler.isFreshAt(now));
    if (!isFound) this.#late = this.#ahead.size;
    return isFound;
  }

  /** Returns what has to be awaited until the handler has finished; undefined when it has finished already. */
  readonly #start = inThisContext((item: Item): PromiseLike<unknown> | undefined => {
    try {
      const opening = this.#host.open(item);
      const result = opening ? opening.then(() => this.#call(item)) : this.#call(item);
      if (isThenable(result)) return result;
      this.#outcomes.succeeded(item, result);
    } catch (error) {
      this.#outcomes.failed(item, error);
    }
    this.#finish(item);
    return undefined;
  });

  #await(item: Item, result: PromiseLike<unknown>): void {
    if (!this.#isFollowerFree) return void this.#follow(item, result);
    this.#isFollowerFree = false;
    this.#nextItem = item;
    this.#nextResult = result;
  }

  /**
   * Makes a function that awaits a handler, and then the handler that starts in its place. It is used again and again,
   * because starting an async function costs as much as two awaits.
   */
  #createFollower(): (item: Item, result: PromiseLike<unknown>) => Promise<void> {
    const { awaiting } = this.#names;
    const followers = {
      [awaiting]: async (first: Item, result: PromiseLike<unknown>) => {
        let item: Item | undefined = first;
        let awaited: PromiseLike<unknown> | undefined = result;
        while (item) {
          let failure: { thrown: unknown } | undefined;
          let value: unknown;
          try {
            value = await awaited;
          } catch (thrown) {
            failure = { thrown };
          }
          this.#isFollowerFree = true;
          if (failure) this.#outcomes.failed(item, failure.thrown);
          else this.#outcomes.succeeded(item, value);
          this.#finish(item);
          this.#isFollowerFree = false;
          item = this.#nextItem;
          awaited = this.#nextResult;
          this.#nextItem = undefined;
          this.#nextResult = undefined;
        }
      },
    };
    return followers[awaiting] as (item: Item, result: PromiseLike<unknown>) => Promise<void>;
  }

  #finish(item: Item): void {
    const now = performance.now();
    this.#finishedAt = now;
    this.#lookahead.add(now - item.startedAt, item.size);
    this.#running -= 1;
    item.settler.running -= 1;
    if (this.#waiters.size > 0) this.#tellDone();
    this.#startMore(now);
    this.#host.finished();
  }

  #tellDone(): void {
    for (const waiter of this.#waiters) {
      if (!waiter.isDone()) continue;
      this.#waiters.delete(waiter);
      waiter.resolve();
    }
  }
}

function namesOfPool(number: number): { calling: string; awaiting: string } {
  const calling = `handler of redpost consumer ${number}`;
  return { calling, awaiting: `${calling}, awaited` };
}
