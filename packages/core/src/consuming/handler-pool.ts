import { messageOf } from '../error-text.js';
import { asError, isRedpostError } from '../errors.js';
import { inThisContext } from '../runtime/context.js';
import { isThenable } from '../runtime/is-thenable.js';
import { performance } from '../runtime/timers.js';
import { Ahead } from './ahead.js';
import type { NextStep } from './failure.js';
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

/** What the handlers of a consumer get. */
export interface Handled {
  /** How many bytes it is, roughly. */
  readonly size: number;
  /** The lease it was delivered under is gone. */
  readonly isLost: boolean;
  readonly settler: Lease;
  /** When its handler began, by `performance.now()`; 0 before. */
  startedAt: number;
  /** Claims the right to settle it: true once. */
  claim(): boolean;
}

/** The consumer whose handlers these are. */
export interface HandlerPoolHost<Held extends Handled> {
  /** Makes the body available: returns a promise only if it takes time. May throw. */
  open(held: Held): Promise<void> | undefined;
  /** What follows when it could not be read or handled. */
  nextStep(held: Held, error: Error): NextStep;
  /** It could not be read or handled: who listens is told. */
  failed(held: Held, error: Error, next: NextStep): void;
  /** Something else failed in the background. */
  error(error: Error): void;
  /** A handler is through, so there may be demand. */
  finished(held: Held): void;
  /** None was started for a while: other consumers may have time for those that wait. */
  stuck(): void;
}

/** Counts the pools of this process. */
let pools = 0;

/**
 * Calls a handler for each delivery, `concurrency` at a time, and settles it by how that ends. Each
 * runs in the context in which the pool was made.
 * Those that are here and not started wait in order.
 */
export class HandlerPool<Held extends Handled> {
  readonly #call: (held: Held) => unknown;
  readonly #concurrency: number;
  readonly #host: HandlerPoolHost<Held>;
  readonly #lookahead: Lookahead;
  readonly #ahead: Ahead<Held>;
  /** What calls and what awaits a handler has a name of its own, by which `isCaller` recognises it. */
  readonly #names = namesOfPool(++pools);
  readonly #follow: (held: Held, result: PromiseLike<unknown>) => Promise<void>;
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
  #nextHeld: Held | undefined;
  #nextResult: PromiseLike<unknown> | undefined;

  constructor(handler: (held: Held) => unknown, concurrency: number, host: HandlerPoolHost<Held>) {
    this.#call = named(this.#names.calling, (held: Held) => handler(held));
    this.#concurrency = concurrency;
    this.#host = host;
    this.#lookahead = new Lookahead(concurrency);
    this.#ahead = new Ahead(() => host.stuck());
    this.#follow = this.#createFollower();
  }

  /** How many more it has use for: see Lookahead. */
  get free(): number {
    const ahead = this.#ahead.size - this.#late;
    return this.#concurrency + this.#lookahead.count - this.#running - ahead;
  }

  /** Takes them in, and starts as many handlers as it may. */
  accept(deliveries: readonly Held[]): void {
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

  /** Removes and returns all that was not started, or that of one lease. */
  removeWaiting(lease?: Lease): Held[] {
    const all = this.#ahead.takeAll();
    this.#late = 0;
    if (!lease) return all;
    this.#ahead.add(all.filter((held) => held.settler !== lease));
    this.#ahead.watch();
    return all.filter((held) => held.settler === lease);
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
      const held = this.#ahead.next;
      if (!held) break;
      if (!held.settler.isFreshAt(now)) {
        if (this.#postponeStale(now)) continue;
        break;
      }
      this.#ahead.take();
      this.#running += 1;
      held.settler.running += 1;
      held.startedAt = now;
      const result = this.#start(held);
      if (result) this.#await(held, result);
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
  readonly #start = inThisContext((held: Held): PromiseLike<unknown> | undefined => {
    try {
      const opening = this.#host.open(held);
      const result = opening ? opening.then(() => this.#call(held)) : this.#call(held);
      if (isThenable(result)) return result;
      this.#succeed(held);
    } catch (error) {
      this.#fail(held, error);
    }
    return undefined;
  });

  #await(held: Held, result: PromiseLike<unknown>): void {
    if (!this.#isFollowerFree) return void this.#follow(held, result);
    this.#isFollowerFree = false;
    this.#nextHeld = held;
    this.#nextResult = result;
  }

  /**
   * What awaits a handler: then it goes on with the one that starts in its place, for to begin an async
   * function costs as much as to await twice.
   */
  #createFollower(): (held: Held, result: PromiseLike<unknown>) => Promise<void> {
    const follow = async (first: Held, result: PromiseLike<unknown>) => {
      let held: Held | undefined = first;
      let awaited: PromiseLike<unknown> | undefined = result;
      while (held) {
        let failure: { thrown: unknown } | undefined;
        try {
          await awaited;
        } catch (thrown) {
          failure = { thrown };
        }
        this.#isFollowerFree = true;
        if (failure) this.#fail(held, failure.thrown);
        else this.#succeed(held);
        this.#isFollowerFree = false;
        held = this.#nextHeld;
        awaited = this.#nextResult;
        this.#nextHeld = undefined;
        this.#nextResult = undefined;
      }
    };
    return named(this.#names.awaiting, follow);
  }

  #succeed(held: Held): void {
    if (held.claim()) held.settler.acknowledge(held, false);
    this.#finish(held);
  }

  #fail(held: Held, thrown: unknown): void {
    if (isRedpostError(thrown, 'EXPIRED')) {
      if (held.claim()) held.settler.acknowledge(held, true);
    } else if (held.claim()) {
      void this.#settleFailure(held, thrown);
    } else if (!isRedpostError(thrown, 'LEASE_LOST') && !held.isLost) {
      // It was settled before its handler threw: the error still has to be heard.
      this.#host.error(asError(thrown));
    }
    this.#finish(held);
  }

  async #settleFailure(held: Held, thrown: unknown): Promise<void> {
    const error = asError(thrown);
    try {
      const next = this.#host.nextStep(held, error);
      this.#host.failed(held, error, next);
      if (next.action === 'retry') await held.settler.retry(held, next.delayMs);
      else await held.settler.deadLetter(held, next.reason, messageOf(error));
    } catch (failure) {
      // What was lost is reported by the event `lost`.
      if (!isRedpostError(failure, 'LEASE_LOST')) this.#host.error(asError(failure));
    }
  }

  #finish(held: Held): void {
    const now = performance.now();
    this.#finishedAt = now;
    this.#lookahead.add(now - held.startedAt, held.size);
    this.#running -= 1;
    held.settler.running -= 1;
    if (this.#waiters.size > 0) this.#tellDone();
    this.#startMore(now);
    this.#host.finished(held);
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
