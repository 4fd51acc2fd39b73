import { inThisContext } from '../runtime/context.js';
import { isThenable } from '../runtime/is-thenable.js';
import { performance } from '../runtime/timers.js';
import { Ahead } from './ahead.js';
import { isCalledOrAwaitedBy } from './is-called-or-awaited-by.js';
import { Lookahead } from './lookahead.js';

/** What a delivery was made under, and what settles it. */
export interface Lease {
  /** How many handlers run under it: counted by the pool. */
  running: number;
  /** False when it may have run out. @param now by `performance.now()`. */
  isFreshAt(now: number): boolean;
  /** It is done. @param isExpired it was not handled, but had expired. */
  acknowledge(held: Handled, isExpired: boolean): void;
  /** Returns it for another attempt, and resolves when Redis has done that. */
  retry(held: Handled, delayMs: number): Promise<void>;
  /** Moves it to the dead letters, and resolves when Redis has done that. */
  deadLetter(held: Handled, reason: string, error: string): Promise<void>;
}

/** What one call of a handler is for: one delivery, or several. */
export interface Work {
  /** How many bytes it is, roughly. */
  readonly size: number;
  readonly settler: Lease;
  /** When its handler began, by `performance.now()`; 0 before. */
  startedAt: number;
}

/** One delivery. */
export interface Handled extends Work {
  /** The lease it was delivered under is gone. */
  readonly isLost: boolean;
  /** Claims the right to settle it: true once. */
  claim(): boolean;
}

/** The consumer whose handlers these are. */
export interface HandlerPoolHost<Item extends Work> {
  /** Makes the body available: returns a promise only if it takes time. May throw. */
  open(item: Item): Promise<void> | undefined;
  /** Settles it by how its handler ended. */
  readonly outcomes: {
    succeeded(item: Item): void;
    failed(item: Item, thrown: unknown): void;
  };
  /** A handler is through, so there may be demand. */
  finished(): void;
  /** None was started for a while: other consumers may have time for those that wait. */
  stuck(): void;
}

/** Counts the pools of this process. */
let pools = 0;

/**
 * Calls a handler for each item, `concurrency` at a time, and has it settled by how that ends. Each
 * runs in the context in which the pool was made.
 * Those that are here and not started wait in order.
 */
export class HandlerPool<Item extends Work> {
  readonly #call: (item: Item) => unknown;
  readonly #concurrency: number;
  readonly #host: HandlerPoolHost<Item>;
  readonly #lookahead: Lookahead;
  readonly #ahead: Ahead<Item>;
  /** What calls and what awaits a handler has a name of its own, by which `isCaller` recognises it. */
  readonly #names = namesOfPool(++pools);
  readonly #follow: (item: Item, result: PromiseLike<unknown>) => Promise<void>;
  readonly #waiters = new Set<{ isDone(): boolean; resolve(): void }>();
  #running = 0;
  /** How many wait for their lease to be renewed: they need no handler before. */
  #late = 0;
  #isStarting = false;
  /** When the last handler finished, by `performance.now()`. */
  #finishedAt = 0;
  #isStopping = false;
  #isPaused = false;
  /** While a follower asks for a handler to go on with, and what it gets. */
  #isFollowerFree = false;
  #nextItem: Item | undefined;
  #nextResult: PromiseLike<unknown> | undefined;

  /** @param mostAhead how many may wait here for a handler, however fast the handlers are. */
  constructor(
    handler: (item: Item) => unknown,
    concurrency: number,
    host: HandlerPoolHost<Item>,
    mostAhead = 1000,
  ) {
    this.#call = named(this.#names.calling, (item: Item) => handler(item));
    this.#concurrency = concurrency;
    this.#host = host;
    this.#lookahead = new Lookahead(concurrency, mostAhead);
    this.#ahead = new Ahead(() => host.stuck());
    this.#follow = this.#createFollower();
  }

  /** How many more it has use for: see Lookahead. */
  get free(): number {
    const ahead = this.#ahead.size - this.#late;
    return this.#concurrency + this.#lookahead.count - this.#running - ahead;
  }

  /** Takes them in, and starts as many handlers as it may. */
  accept(deliveries: readonly Item[]): void {
    this.#ahead.add(deliveries);
    this.#startMore(performance.now());
    this.#ahead.watch();
  }

  /** A lease was renewed: starts what had to wait for that. */
  goOn(): void {
    this.#startMore(performance.now());
  }

  /** True when one of these handlers is what runs now, or awaits it. */
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

  /** Has use for none ahead, until a handler has finished. */
  stall(): void {
    this.#lookahead.stall();
  }

  /** Whether it may have use for any ahead. */
  leaseAhead(mayLease: boolean): void {
    this.#lookahead.mayLease = mayLease;
  }

  /** Removes and returns all that was not started, or that of one lease. */
  removeWaiting(lease?: Lease): Item[] {
    const all = this.#ahead.takeAll();
    this.#late = 0;
    if (!lease) return all;
    this.#ahead.add(all.filter((item) => item.settler !== lease));
    this.#ahead.watch();
    return all.filter((item) => item.settler === lease);
  }

  /** Resolves when no handler runs, or none under this lease. */
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
    // A handler that returns at once leads back here: calls must not pile up with the messages.
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
      this.#ahead.take();
      this.#running += 1;
      item.settler.running += 1;
      item.startedAt = now;
      const result = this.#start(item);
      if (result) this.#await(item, result);
      // That may have taken long. (To read the clock costs as much as all else here.)
      if (this.#running >= this.#concurrency) break;
      now = this.#finishedAt > now ? this.#finishedAt : performance.now();
    }
    this.#isStarting = false;
  }

  /**
   * After this process was frozen or its event loop blocked, others may have what is here: the next
   * beat tells. What is under another lease need not wait for that. False when there is none.
   */
  #postponeStale(now: number): boolean {
    const isFound = this.#ahead.postpone(({ settler }) => !settler.isFreshAt(now));
    if (!isFound) this.#late = this.#ahead.size;
    return isFound;
  }

  /** Returns what has to be awaited until the handler is through. */
  readonly #start = inThisContext((item: Item): PromiseLike<unknown> | undefined => {
    try {
      const opening = this.#host.open(item);
      const result = opening ? opening.then(() => this.#call(item)) : this.#call(item);
      if (isThenable(result)) return result;
      this.#host.outcomes.succeeded(item);
    } catch (error) {
      this.#host.outcomes.failed(item, error);
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
   * What awaits a handler: then it goes on with the one that starts in its place, for to begin an async
   * function costs as much as to await twice.
   */
  #createFollower(): (item: Item, result: PromiseLike<unknown>) => Promise<void> {
    const follow = async (first: Item, result: PromiseLike<unknown>) => {
      let item: Item | undefined = first;
      let awaited: PromiseLike<unknown> | undefined = result;
      while (item) {
        let failure: { thrown: unknown } | undefined;
        try {
          await awaited;
        } catch (thrown) {
          failure = { thrown };
        }
        this.#isFollowerFree = true;
        if (failure) this.#host.outcomes.failed(item, failure.thrown);
        else this.#host.outcomes.succeeded(item);
        this.#finish(item);
        this.#isFollowerFree = false;
        item = this.#nextItem;
        awaited = this.#nextResult;
        this.#nextItem = undefined;
        this.#nextResult = undefined;
      }
    };
    return named(this.#names.awaiting, follow);
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

function named<Function extends object>(name: string, run: Function): Function {
  return Object.defineProperty(run, 'name', { value: name });
}
