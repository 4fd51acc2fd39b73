import type { HeldDelivery } from '../consuming/delivery.js';
import { bucketCount, bucketOf } from './distribution.js';
import { handlingTimes } from './handling-times.js';
import { type Outcome, outcomes } from './outcome.js';

/** So many of each beat are measured; of the others one in so many, which counts for all of them. */
const [measuredOfBeat, measuredOneIn] = [200, 512];
const outcomeCount = outcomes.length;

/** Counts what a consumer settles between two beats, and how long messages have waited and handlers have run. */
export class SeriesCounter {
  readonly #clock: { serverNow: number };
  #numbers = emptyNumbers();
  #counted = 0;

  /** @param clock knows the server's time, in ms since 1970. */
  constructor(clock: { serverNow: number }) {
    this.#clock = clock;
  }

  /** This runs for each message: it only counts, unless the message is one of those that are measured. */
  count(held: HeldDelivery, outcome: Outcome): void {
    // Most are acked, so only the others are counted singly.
    if (outcome !== 'acked') this.#add(outcomes.indexOf(outcome), 1);
    this.#counted += 1;
    if (this.#counted <= measuredOfBeat) this.#measure(held, 1);
    else if ((this.#counted - measuredOfBeat) % measuredOneIn === 0)
      this.#measure(held, measuredOneIn);
  }

  /** What was counted since the last call: the outcomes, then the waits and the runs. Undefined for nothing. */
  take(): number[] | undefined {
    if (this.#counted === 0) return undefined;
    const numbers = this.#numbers;
    const others = numbers.slice(0, outcomeCount).reduce((sum, count) => sum + count, 0);
    this.#add(outcomes.indexOf('acked'), this.#counted - others);
    this.#numbers = emptyNumbers();
    this.#counted = 0;
    return numbers;
  }

  #measure(held: HeldDelivery, weight: number): void {
    const { waitMs, runMs } = handlingTimes(held, this.#clock.serverNow);
    if (waitMs !== undefined) this.#add(outcomeCount + bucketOf(waitMs), weight);
    if (runMs !== undefined) this.#add(outcomeCount + bucketCount + bucketOf(runMs), weight);
  }

  #add(at: number, weight: number): void {
    this.#numbers[at] = (this.#numbers[at] as number) + weight;
  }
}

function emptyNumbers(): number[] {
  return new Array(outcomeCount + 2 * bucketCount).fill(0);
}
