import type { Acked } from '@redpost/core/consuming';

/** A leased message, by its receipt. */
export interface Leased {
  readonly number: number;
  /** The flow that it is a member of, as headers name it. */
  readonly memberOf?: string | undefined;
}

/** Messages that were leased together. They have consecutive receipts. */
export interface Batch {
  readonly first: number;
  readonly count: number;
  /** The runs that they are: see {@link Runs}. Undefined if each message is one. */
  readonly runs?: Runs | undefined;
  /** How many of them are members of which flows, once they are settled. */
  flows?: Map<string, number> | undefined;
}

/**
 * How messages with consecutive receipts belong together: a positive number says how many of them are of one key, and a
 * negative one how many are not.
 */
export type Runs = readonly number[];

interface OpenBatch extends Batch {
  settled: number;
}

/** The messages that one call acknowledges. */
export interface Acknowledged<Held extends Leased> extends Acked<Held> {
  /** Batches that are acknowledged as a whole. */
  readonly batches: readonly Batch[];
  /** The receipts of messages that are in none of these batches. */
  readonly receipts: readonly number[];
  /** How many of all these messages had expired. */
  readonly expired: number;
  /** The flows that members are among them of; undefined where none is. */
  readonly flows: ReadonlySet<string> | undefined;
}

/** The most messages that one call acknowledges. */
const most = 4000;
/** After a batch was taken apart, so many calls lease no batch. */
const callsWithout = 100;
/** The most batches that are tracked, so that finding the batch of a message has a bounded cost. */
const mostBatches = 64;

/**
 * Acknowledgements that wait to be sent. Messages that Redis keeps as one batch are acknowledged as a whole when all of them
 * are settled, and otherwise one by one. Both work in any case, but for single messages Redis has to take the batch
 * apart.
 */
export class Acknowledgements<Held extends Leased> {
  #held: Held[] = [];
  #expired = 0;
  #flows: Set<string> | undefined;
  /** The batches that Redis may still keep as one, each with the number of its settled messages. */
  readonly #batches: OpenBatch[] = [];
  #callsWithout = 0;

  /** How many acknowledgements wait. */
  get size(): number {
    return this.#held.length;
  }

  /** Whether messages that are leased together are likely to be settled together. */
  get comeTogether(): boolean {
    return this.#callsWithout === 0 && this.#batches.length < mostBatches;
  }

  /** The messages, oldest first. */
  [Symbol.iterator](): Iterator<Held> {
    return this.#held[Symbol.iterator]();
  }

  /** Adds a batch that was leased. */
  expect(batch: Batch): void {
    this.#batches.push({ settled: 0, ...batch });
  }

  /** A message was settled by another call, for which Redis has taken all batches apart. */
  comeApart(): void {
    this.#batches.length = 0;
    this.#callsWithout = callsWithout;
  }

  /** @param expired true when the message was not handled, but had expired. */
  add(held: Held, expired: boolean): void {
    this.#held.push(held);
    if (expired) this.#expired += 1;
    const batch = batchOf(this.#batches, held.number);
    if (batch) batch.settled += 1;
    if (held.memberOf !== undefined) this.#addMember(held.memberOf, batch);
  }

  /** Removes and returns as many as fit into one call. */
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
    const flows = this.#flows;
    if (isAll) this.#flows = undefined;
    return { held, batches, receipts, expired, flows };
  }

  /** Adds these before all others, to be sent again, because Redis may not have received them. */
  sendAgain({ held, expired, flows = new Set() }: Acknowledged<Held>): void {
    this.#held.unshift(...held);
    this.#expired += expired;
    for (const flow of flows) this.#addMember(flow);
  }

  #addMember(flow: string, batch?: Batch): void {
    this.#flows ??= new Set();
    this.#flows.add(flow);
    if (!batch) return;
    batch.flows ??= new Map();
    batch.flows.set(flow, (batch.flows.get(flow) ?? 0) + 1);
  }
}

function batchOf<Any extends Batch>(batches: readonly Any[], receipt: number): Any | undefined {
  // Not by `find`: for each message, its closure costs more than the search.
  for (const batch of batches) {
    if (receipt >= batch.first && receipt < batch.first + batch.count) return batch;
  }
  return undefined;
}
