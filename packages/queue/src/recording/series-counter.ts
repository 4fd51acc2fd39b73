import type { HeldDelivery } from '../consuming/delivery.js';
import { defaultPriority } from '../message/envelope.js';
import { keyless } from '../message/key.js';
import { bucketCount, bucketOf } from './distribution.js';
import { handlingTimes } from './handling-times.js';
import { type Outcome, outcomes } from './outcome.js';

/** After so many were measured in a beat, only every second one is, then every fourth one, and so on. */
const measuredAlike = 100;
const outcomeCount = outcomes.length;

/** What was counted between two beats. */
export interface Counted {
  /** See docs/protocol.md: the outcomes, then the waits and the runs. */
  numbers: readonly number[];
  /** For how long handlers had messages of the keys that need most, in ms. Those without a key are of the key ''. */
  keys: readonly (readonly [key: string, ms: number])[];
}

/** Of so many keys at most it is told for how long handlers had them. */
const mostKeys = 100;

/** Counts what a consumer settles between two beats, and how long messages have waited and handlers have run. */
export class SeriesCounter {
  readonly #clock: { serverNow: number };
  /** Made with the first one that counts: most queues rest most of the time. */
  #numbers: number[] | undefined;
  #counted = 0;
  #nextMeasured = 1;
  /** Of so many one is measured, which counts for all of them. */
  #oneIn = 1;
  #measuredSo = 0;
  #msOfKeys: Map<string, number> | undefined;

  /** @param clock knows the server's time, in ms since 1970. */
  constructor(clock: { serverNow: number }) {
    this.#clock = clock;
  }

  /** A message was settled so. */
  count(held: HeldDelivery, outcome: Outcome): void {
    // Most are acked, so only the others are counted singly.
    if (outcome !== 'acked') this.#add(outcomes.indexOf(outcome), 1);
    this.acked(held);
  }

  /** The same for an acknowledged one, as nearly all are: it only counts, unless the message is one of those that are measured. */
  acked(held: HeldDelivery): void {
    this.#counted += 1;
    if (this.#counted === this.#nextMeasured) this.#measureNext(held);
  }

  /**
   * What was counted since the last call. Undefined for nothing.
   *
   * @param hasKeys whether messages of the queue have keys: then those without a key are one more.
   */
  take(hasKeys: boolean): Counted | undefined {
    if (this.#counted === 0) return undefined;
    const numbers = this.#numbers ?? emptyNumbers();
    const others = numbers.slice(0, outcomeCount).reduce((sum, count) => sum + count, 0);
    numbers[outcomes.indexOf('acked')] = this.#counted - others;
    this.#numbers = undefined;
    this.#counted = 0;
    this.#nextMeasured = 1;
    this.#oneIn = 1;
    this.#measuredSo = 0;
    if (!hasKeys) this.#msOfKeys?.delete(keyless);
    const keys = this.#msOfKeys ? mostUsed(this.#msOfKeys) : [];
    this.#msOfKeys = undefined;
    return { numbers, keys };
  }

  #measureNext(held: HeldDelivery): void {
    this.#measure(held, this.#oneIn);
    this.#measuredSo += 1;
    if (this.#measuredSo === measuredAlike) {
      this.#measuredSo = 0;
      this.#oneIn *= 2;
    }
    this.#nextMeasured += this.#oneIn;
  }

  #measure(held: HeldDelivery, weight: number): void {
    const { waitMs, runMs } = handlingTimes(held, this.#clock.serverNow);
    if (waitMs !== undefined) this.#add(outcomeCount + bucketOf(waitMs), weight);
    if (runMs === undefined) return;
    this.#add(outcomeCount + bucketCount + bucketOf(runMs), weight);
    const key = keyOf(held);
    if (key === undefined) return;
    this.#msOfKeys ??= new Map();
    this.#msOfKeys.set(key, (this.#msOfKeys.get(key) ?? 0) + runMs * weight);
  }

  #add(at: number, weight: number): void {
    this.#numbers ??= emptyNumbers();
    this.#numbers[at] = (this.#numbers[at] as number) + weight;
  }
}

/** Undefined for messages that do not share time with keys. */
function keyOf(held: HeldDelivery): string | undefined {
  try {
    return held.key ?? (held.priority === defaultPriority ? keyless : undefined);
  } catch {
    // Its envelope is malformed.
    return keyless;
  }
}

function mostUsed(msOfKeys: ReadonlyMap<string, number>): [string, number][] {
  return [...msOfKeys]
    .sort(([, one], [, other]) => other - one)
    .slice(0, mostKeys)
    .map(([key, ms]): [string, number] => [key, Math.round(ms)])
    .filter(([, ms]) => ms > 0);
}

function emptyNumbers(): number[] {
  return new Array(outcomeCount + 2 * bucketCount).fill(0);
}
