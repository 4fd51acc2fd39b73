import type { Complete } from '@redpost/core';
import type { RateLimit } from '../../src/limiting/limit.js';
import { Forbidden } from './forbidden.js';

/** The model's clock and that of the server differ by less than this, in ms. */
const clockErrorMs = 2000;
/** What a consumer promises and what a limit remembers, as parts of a window: see parts/rate.lua. */
const slack = 0.02;
const saved = 0.02;

/** What was granted to a consumer under a receipt. */
interface Start {
  at: number;
  consumer: string;
  receipt: number;
}

/**
 * The starts of a queue or of a key that has a rate, by a clock in ms. The promise is checked by counting the starts in
 * each window; how many are due, by the time at which all that was granted is used up.
 */
export class RateModel {
  #limit: Complete<RateLimit> | undefined;
  /** Since the limit was set. What was returned unstarted is none. */
  #starts: Start[] = [];
  /** How many starts are not used up yet at a time. */
  #granted = { at: 0, starts: 0, expiresAt: 0 };
  #last: { consumer: string; first: number; count: number } | undefined;

  get isLimited(): boolean {
    return this.#limit !== undefined;
  }

  change(limit: RateLimit | null): void {
    const next = limit ? { ...limit, burst: limit.burst ?? 0 } : undefined;
    if (JSON.stringify(next) === JSON.stringify(this.#limit)) return;
    this.#limit = next;
    this.#starts = [];
  }

  /**
   * How many may start at this time, at least and at most. What was granted under a former rate is forgotten when that
   * one had used it up. The time at which a key comes again was computed before that, by the present rate: until then
   * it may still count.
   */
  due(now: number): { least: number; most: number } {
    const limit = this.#limit;
    if (!limit) return { least: Number.POSITIVE_INFINITY, most: Number.POSITIVE_INFINITY };
    const due = (backlog: number) => Math.max(0, Math.floor(-backlog) + 1 + limit.burst);
    return {
      least: due(this.#notUsedUp(limit, now - clockErrorMs)),
      most: due(this.#backlog(limit, now + clockErrorMs)),
    };
  }

  /** So many start under this receipt and the following ones. */
  grant(now: number, consumer: string, first: number, count: number): void {
    if (!this.#limit || count === 0) return;
    this.#write(now, this.#backlog(this.#limit, now) + count);
    this.#last = { consumer, first, count };
    for (let at = 0; at < count; at += 1) {
      this.#starts.push({ at: now, consumer, receipt: first + at });
    }
    const { max, perMs, burst } = this.#limit;
    // Each may start at any time within the slack after its grant.
    const windowMs = perMs * (1 + slack) - 10;
    const inWindow = this.#starts.filter(({ at }) => at > now - windowMs).length;
    if (inWindow > max + burst) {
      throw new Forbidden(`${inWindow} start within ${perMs} ms, not ${max} + ${burst}`);
    }
  }

  /** These have not started. */
  notStarted(consumer: string, receipts: readonly number[]): void {
    this.#starts = this.#starts.filter(
      (start) => start.consumer !== consumer || !receipts.includes(start.receipt),
    );
  }

  /** What was granted with the last call is given back, if it is among these. */
  giveBack(now: number, consumer: string, receipts: readonly number[]): void {
    if (!this.#limit || !this.#last || this.#isForgotten(now)) return;
    const { consumer: to, first, count } = this.#last;
    if (to !== consumer) return;
    const unused = receipts.filter((receipt) => receipt >= first && receipt < first + count);
    if (unused.length === 0) return;
    const left = this.#backlog(this.#limit, now) - unused.length;
    this.#write(now, Math.max(left, this.#leastBacklog(this.#limit)));
  }

  /** Whether Redis may have a key for it. */
  mayBeKept(now: number): boolean {
    return !this.#isForgotten(now - clockErrorMs);
  }

  forget(): void {
    this.#granted = { at: 0, starts: 0, expiresAt: 0 };
    this.#last = undefined;
    this.#starts = [];
  }

  #isForgotten(now: number): boolean {
    return now >= this.#granted.expiresAt;
  }

  #backlog(limit: Complete<RateLimit>, now: number): number {
    return this.#isForgotten(now) ? this.#leastBacklog(limit) : this.#notUsedUp(limit, now);
  }

  #notUsedUp(limit: Complete<RateLimit>, now: number): number {
    const usedUp = Math.max(0, now - this.#granted.at) / this.#startMs(limit);
    return Math.max(this.#leastBacklog(limit), this.#granted.starts - usedUp);
  }

  #leastBacklog(limit: Complete<RateLimit>): number {
    return -(saved * limit.perMs) / this.#startMs(limit);
  }

  /** How long the limit takes for one start. */
  #startMs({ max, perMs }: RateLimit): number {
    return (perMs * (1 + slack + saved)) / max;
  }

  #write(now: number, starts: number): void {
    const limit = this.#limit as Complete<RateLimit>;
    const expiresAt = now + (starts + limit.max) * this.#startMs(limit);
    this.#granted = { at: now, starts, expiresAt };
  }
}
