import type { Handled } from '../consuming/handler-pool.js';
import { nextTick, performance } from '../runtime/timers.js';
import { tellSettled } from './observation.js';
import type { Destination, HandlingTimes, SettledAs, SettledTimes } from './observer.js';

/**
 * Measuring costs several times as much as counting. So one message in a stride is measured, which stands for all of it. The
 * stride is 1 at first, twice as long after each so many that were measured, and 1 again after so many ms.
 */
const [measuredPerStride, longestStride, windowMs] = [32, 256, 1000];

/** What is measured of a message that was just settled. */
type Measure<Held> = (held: Held) => HandlingTimes;

/** Collects what a consumer settles in one tick, for observers. */
export class SettledReport<Held extends Handled> {
  readonly #destination: Destination;
  readonly #measure: Measure<Held>;
  #counts = noCounts();
  #times: SettledTimes[] = [];
  #count = 0;
  /** How many there were since the last one that was measured for others. */
  #unmeasured = 0;
  #stride = 1;
  /** How many were measured with this stride. */
  #measured = 0;
  /** When the stride was 1 last, by `performance.now()`. */
  #beganAt = 0;

  /** @param measure reads the times of a message that was just settled. */
  constructor(destination: Destination, measure: Measure<Held>) {
    this.#destination = destination;
    this.#measure = measure;
  }

  /** A message was settled. */
  add(held: Held, outcome: SettledAs): void {
    if (this.#count === 0) nextTick(this.#flush);
    this.#count += 1;
    this.#counts[outcome] += 1;
    if (held.thrown) this.#note(held, 1);
    else if (++this.#unmeasured >= this.#stride) this.#noteForAll(held);
  }

  #noteForAll(held: Held): void {
    this.#note(held, this.#unmeasured);
    this.#unmeasured = 0;
    this.#measured += 1;
    if (this.#measured < measuredPerStride) return;
    this.#measured = 0;
    this.#stride = Math.min(2 * this.#stride, longestStride);
  }

  #note(held: Held, weight: number): void {
    const { waitMs, runMs } = this.#measure(held);
    this.#times.push({ waitMs, runMs, weight, error: held.thrown });
  }

  readonly #flush = (): void => {
    const [counts, times] = [this.#counts, this.#times];
    this.#counts = noCounts();
    this.#times = [];
    this.#count = 0;
    const now = performance.now();
    if (now - this.#beganAt >= windowMs) {
      this.#beganAt = now;
      this.#stride = 1;
      this.#measured = 0;
    }
    tellSettled({ counts, times, ...this.#destination });
  };
}

function noCounts(): Record<SettledAs, number> {
  return { acked: 0, retried: 0, dead: 0, expired: 0, cancelled: 0 };
}
