import type { Acked } from '@redpost/core/consuming';

/** What is leased, by its receipt. */
export interface Leased {
  readonly number: number;
}

/** Messages that were leased together: their receipts follow one another. */
export interface Batch {
  readonly first: number;
  readonly count: number;
}

interface OpenBatch extends Batch {
  settled: number;
}

/** What one call acknowledges. */
export interface Acknowledged<Held extends Leased> extends Acked<Held> {
  /** Batches that are acknowledged as a whole. */
  readonly batches: readonly Batch[];
  /** The receipts of what is in none of these. */
  readonly receipts: readonly number[];
  /** How many of all had expired. */
  readonly expired: number;
}

/** For one call. */
const most = 4000;
/** After one that was taken apart, so many calls lease no batch. */
const callsWithout = 100;
/** So that to find the batch of a message costs little, however many messages are held. */
const mostBatches = 64;

/**
 * What is settled and not yet on its way. Messages that Redis keeps as one batch are acknowledged as
 * one when all of them are settled, and else one by one: Redis understands both in any case, but has
 * to take the batch apart for the latter.
 */
export class Acknowledgements<Held extends Leased> {
  #held: Held[] = [];
  #expired = 0;
  /** Those that Redis may still keep as one, with how many of them are settled. */
  readonly #batches: OpenBatch[] = [];
  #callsWithout = 0;

  /** How many there are. */
  get size(): number {
    return this.#held.length;
  }

  /** Whether messages that are leased together are likely to be settled together. */
  get comeTogether(): boolean {
    return this.#callsWithout === 0 && this.#batches.length < mostBatches;
  }

  /** Oldest first. */
  [Symbol.iterator](): Iterator<Held> {
    return this.#held[Symbol.iterator]();
  }

  /** These were leased as a batch. */
  expect(batch: Batch): void {
    this.#batches.push({ ...batch, settled: 0 });
  }

  /** Something was settled otherwise: for that, Redis takes all batches apart. */
  comeApart(): void {
    this.#batches.length = 0;
    this.#callsWithout = callsWithout;
  }

  /** @param expired it was not handled, but had expired. */
  add(held: Held, expired: boolean): void {
    this.#held.push(held);
    if (expired) this.#expired += 1;
    const batch = batchOf(this.#batches, held.number);
    if (batch) batch.settled += 1;
  }

  /** Removes and returns as many as fit in one call. */
  take(): Acknowledged<Held> {
    if (this.#callsWithout > 0) this.#callsWithout -= 1;
    const held = this.#held.splice(0, most);
    const isAll = this.#held.length === 0;
    const batches: Batch[] = [];
    const receipts: number[] = [];
    for (const { number } of held) {
      if (batchOf(batches, number)) continue;
      const batch = batchOf(this.#batches, number);
      if (batch && batch.settled === batch.count && isAll) {
        this.#batches.splice(this.#batches.indexOf(batch), 1);
        batches.push(batch);
        continue;
      }
      receipts.push(number);
      if (batch) this.comeApart();
    }
    const expired = isAll ? this.#expired : 0;
    this.#expired -= expired;
    return { held, batches, receipts, expired };
  }

  /** They may not have arrived: they are to be sent again, before all others. */
  sendAgain({ held, expired }: Acknowledged<Held>): void {
    this.#held.unshift(...held);
    this.#expired += expired;
  }
}

function batchOf<Any extends Batch>(batches: readonly Any[], receipt: number): Any | undefined {
  return batches.find(({ first, count }) => receipt >= first && receipt < first + count);
}
