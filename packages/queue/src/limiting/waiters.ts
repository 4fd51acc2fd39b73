import { type Connection, longestTimerMs, TickBatch, TimeoutError } from '@redpost/core';
import {
  clearTimeout,
  nextTick,
  onAbort,
  outsideContext,
  performance,
  Rerun,
  setTimeout,
} from '@redpost/core/consuming';
import { type LimitAnswer, type Reservation, limit as reserve } from '../scripts/limit.js';
import type { Limit } from './limit.js';

/** A reserved moment, in ms by `performance.now()` of this process: never earlier than by the server's clock. */
interface Place extends Reservation {
  at: number;
}

interface Waiter {
  readonly count: number;
  /** When it gives up, by `performance.now()`. */
  readonly deadline: number;
  place: Place | undefined;
  /** Runs until its place, or until its deadline while it has none. */
  timer: NodeJS.Timeout | undefined;
  /** Takes the listener off its signal. */
  unlisten(): void;
  resolve(): void;
  reject(error: unknown): void;
}

/** How far ahead to reserve places, in ms. */
const longestAheadMs = 200;
/** How many acquisitions one call asks for, at most. */
const mostPerCall = 500;
/** The longest wait that a script is told, in us. */
const endlessUs = Number.MAX_SAFE_INTEGER;

/**
 * The acquisitions of one process that wait, in their order.
 *
 * A call of the script reserves *places*, each a moment by the server's clock, for which a timer is set here. So
 * there is no polling, and an acquisition with a place needs no further call. Places are reserved 200 ms ahead (or `perMs`, if
 * that is shorter), but at least one per call: so each call makes at least one acquisition, however many processes
 * wait, and each process has its turn. Were a process only told when to come again, all of them would come at that
 * moment, and all but one in vain. Were all places reserved at once, a process that dies would take them with it,
 * and one whose event loop was blocked would start all that were due meanwhile at once.
 *
 * The next call is made when half of the time ahead is left, so that places follow each other without a gap.
 */
export class Waiters {
  readonly #name: string;
  readonly #connection: Connection;
  readonly #key: string;
  readonly #limit: Limit;
  readonly #aheadMs: number;
  readonly #perCall: number;
  /** Those without a place. */
  readonly #line = new Set<Waiter>();
  readonly #placed = new Set<Waiter>();
  readonly #asking = new Rerun(() => this.#askWhenDue());
  readonly #returning = new TickBatch<Reservation>(
    { count: mostPerCall, bytes: Number.POSITIVE_INFINITY },
    (places) => void this.#return(places),
  );
  /** When to ask for those that the last answer has left without a place. */
  #notBefore = 0;
  #alarm: NodeJS.Timeout | undefined;

  constructor(name: string, connection: Connection, key: string, limit: Limit) {
    const { max, burst, perUs } = limit;
    this.#name = name;
    this.#connection = connection;
    this.#key = key;
    this.#limit = limit;
    this.#aheadMs = Math.min(longestAheadMs, perUs / 1000);
    const inReach = burst + 1 + Math.ceil((1000 * this.#aheadMs * max) / perUs);
    this.#perCall = Math.min(mostPerCall, inReach);
  }

  /** Resolves when so many may start. */
  wait(count: number, timeoutMs = Number.POSITIVE_INFINITY, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const deadline = performance.now() + timeoutMs;
      const waiter: Waiter = {
        count,
        deadline,
        place: undefined,
        timer: undefined,
        unlisten: onAbort(signal, () => this.#giveUp(waiter, signal?.reason)),
        resolve,
        reject,
      };
      this.#line.add(waiter);
      if (timeoutMs < Number.POSITIVE_INFINITY) {
        this.#setTimer(waiter, deadline, () => this.#giveUp(waiter, this.#tooLate(timeoutMs)));
      }
      // All that come in this tick are asked for together.
      nextTick(this.#ask);
    });
  }

  readonly #ask = (): void => this.#asking.ask();

  async #askWhenDue(): Promise<void> {
    clearTimeout(this.#alarm);
    if (this.#line.size === 0) return;
    const inMs = this.#notBefore - performance.now();
    if (inMs > 0) {
      this.#alarm = outsideContext(() => setTimeout(this.#ask, timerMs(inMs)));
      return;
    }
    const asking = first(this.#line, this.#perCall);
    try {
      const now = performance.now();
      const answers = await this.#reserve(
        [],
        asking.map(({ count, deadline }) => ({ count, patienceUs: patienceUs(deadline - now) })),
      );
      this.#heard(asking, answers);
    } catch (error) {
      for (const waiter of asking) if (this.#line.has(waiter)) this.#giveUp(waiter, error);
    }
    this.#ask();
  }

  #reserve(
    returned: readonly Reservation[],
    acquisitions: readonly { count: number; patienceUs: number }[],
  ): Promise<LimitAnswer[]> {
    return this.#connection.run(reserve, {
      key: this.#key,
      limit: this.#limit,
      aheadUs: Math.floor(1000 * this.#aheadMs),
      returned,
      acquisitions,
    });
  }

  #heard(asking: readonly Waiter[], answers: readonly LimitAnswer[]): void {
    const now = performance.now();
    let last = now;
    for (const [index, { waitUs, reservation }] of answers.entries()) {
      const waiter = asking[index] as Waiter;
      const at = now + waitUs / 1000;
      if (!reservation) {
        if (this.#line.has(waiter)) this.#giveUp(waiter, this.#tooLong(waitUs / 1000));
        continue;
      }
      last = at;
      const place = { ...reservation, at };
      // One that has given up, or has got the place of another one meanwhile, does not need it.
      if (this.#line.has(waiter)) this.#give(waiter, place);
      else this.#pass(place, waiter.count);
    }
    const areAllHeard = answers.length === asking.length;
    this.#notBefore = areAllHeard ? 0 : last - this.#aheadMs / 2;
  }

  /** Gives a place to a waiter. What was granted for now starts at once. */
  #give(waiter: Waiter, place: Place): void {
    this.#line.delete(waiter);
    this.#placed.add(waiter);
    waiter.place = place;
    this.#setTimer(waiter, place.at, () => {
      this.#remove(waiter);
      waiter.resolve();
    });
  }

  #giveUp(waiter: Waiter, reason: unknown): void {
    if (!this.#remove(waiter)) return;
    waiter.reject(reason);
    if (waiter.place) this.#pass(waiter.place, waiter.count);
  }

  /**
   * Passes a place on that is not needed: each of those behind it moves up by one, and the last place goes to one
   * that has none, or back to Redis.
   */
  #pass(place: Place, count: number): void {
    let free = place;
    for (const waiter of this.#placed) {
      const own = waiter.place as Place;
      if (waiter.count !== count || own.number < free.number) continue;
      this.#give(waiter, free);
      free = own;
    }
    for (const waiter of this.#line) {
      if (waiter.count !== count || free.at > waiter.deadline) continue;
      this.#give(waiter, free);
      return;
    }
    this.#returning.add(free, 0);
  }

  async #return(places: Reservation[]): Promise<void> {
    const lastFirst = places.sort((a, b) => b.number - a.number);
    try {
      await this.#reserve(lastFirst, []);
    } catch {
      // Nobody waits for this: the places pass unused, as those of a process that died.
    }
    this.#notBefore = 0;
    this.#ask();
  }

  /** Returns false when it is settled already. */
  #remove(waiter: Waiter): boolean {
    const isWaiting = this.#line.delete(waiter) || this.#placed.delete(waiter);
    if (!isWaiting) return false;
    clearTimeout(waiter.timer);
    waiter.unlisten();
    return true;
  }

  /** Calls `then` at that moment, at once if it is past, and never before: Node rounds the time of its timers. */
  #setTimer(waiter: Waiter, at: number, then: () => void): void {
    clearTimeout(waiter.timer);
    const inMs = at - performance.now();
    if (inMs <= 0) {
      then();
      return;
    }
    const again = () => this.#setTimer(waiter, at, then);
    waiter.timer = outsideContext(() => setTimeout(again, timerMs(inMs)));
  }

  #tooLate(timeoutMs: number): TimeoutError {
    return this.#timeout(`nothing may start within ${timeoutMs} ms`);
  }

  #tooLong(waitMs: number): TimeoutError {
    return this.#timeout(
      `it allows the next start in ${Math.ceil(waitMs)} ms, later than timeoutMs`,
    );
  }

  #timeout(why: string): TimeoutError {
    return new TimeoutError(
      `The rate limiter ${JSON.stringify(this.#name)} is at its limit: ${why}. ` +
        'Try again later, or wait longer with timeoutMs',
      { outcome: 'not-executed' },
    );
  }
}

function timerMs(inMs: number): number {
  return Math.min(Math.ceil(inMs), longestTimerMs);
}

function patienceUs(ms: number): number {
  return Math.max(0, Math.min(endlessUs, Math.floor(1000 * ms)));
}

function first<Item>(items: Iterable<Item>, count: number): Item[] {
  const found: Item[] = [];
  for (const item of items) {
    if (found.length === count) break;
    found.push(item);
  }
  return found;
}
