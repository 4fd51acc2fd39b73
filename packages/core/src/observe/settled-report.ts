import type { Handled } from '../consuming/handler-pool.js';
import { nextTick } from '../runtime/timers.js';
import { tellSettled } from './observation.js';
import type { Destination, HandlingTimes, SettledAs, SettledTimes } from './observer.js';

/** The first of each tick is measured, and of the others one in so many: most of the cost is to read when it was sent. */
const measuredOneIn = 64;

/** What is measured of a message that was just settled. */
type Measure<Held> = (held: Held) => HandlingTimes;

/** Collects what a consumer settles in one tick, for observers. */
export class SettledReport<Held extends Handled> {
  readonly #destination: Destination;
  readonly #measure: Measure<Held>;
  #counts = noCounts();
  #times: SettledTimes[] = [];
  #count = 0;
  /** How many were not measured since the last one that stood for others. */
  #unmeasured = 0;

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
    if (this.#count === 1 || held.thrown) this.#note(held, 1);
    else if (++this.#unmeasured === measuredOneIn) {
      this.#unmeasured = 0;
      this.#note(held, measuredOneIn);
    }
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
    tellSettled({ counts, times, ...this.#destination });
  };
}

function noCounts(): Record<SettledAs, number> {
  return { acked: 0, retried: 0, dead: 0, expired: 0, cancelled: 0 };
}
