import { type Acked, clearTimeout, setTimeout } from '@redpost/core/consuming';

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

/** A batch that Redis may still keep as one, with its messages that are settled here. */
class OpenBatch<Held> implements Batch {
  readonly first: number;
  readonly count: number;
  readonly runs: Runs | undefined;
  readonly held: Held[] = [];
  flows: Map<string, number> | undefined;
  /** How many of these had expired. */
  expired = 0;
  /** Whether some of these have waited for the others for {@link longestWaitMs} already. */
  hasWaited = false;

  constructor({ first, count, runs }: Batch) {
    this.first = first;
    this.count = count;
    this.runs = runs;
  }

  has(receipt: number): boolean {
    return receipt >= this.first && receipt < this.first + this.count;
  }
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

/** The most messages that one call acknowledges, unless a single batch has more. */
const most = 4000;
/** After a batch was taken apart, so many calls lease no batch. */
const callsWithout = 100;
/** The most batches that are tracked, so that finding the batch of a message has a bounded cost. */
const mostBatches = 64;
/** How long acknowledgements wait for the rest of their batch, in ms; up to twice as long, since one timer serves all. */
const longestWaitMs = 8;

/**
 * Acknowledgements that wait to be sent. Messages that Redis keeps as one batch are acknowledged as a whole when all of them
 * are settled, and otherwise one by one. Both work in any case, but for single messages Redis has to take all batches
 * apart, and they cost it twice as much. So those that are settled wait a moment for the rest of their batch, if the
 * call allows that.
 */
export class Acknowledgements<Held extends Leased> {
  /** Whether nobody misses acknowledgements that are sent a few ms later. */
  mayWait = true;
  readonly #ripe: () => void;
  /** Those that are in no batch any more. */
  #singles: Held[] = [];
  /** How many of these had expired. */
  #expired = 0;
  /** The flows that members among these are of. */
  #flows: Set<string> | undefined;
  /** Batches that are settled as a whole. */
  #whole: OpenBatch<Held>[] = [];
  /** The others. */
  readonly #open: OpenBatch<Held>[] = [];
  /** How many messages of whole batches, and how many of open ones, are settled. */
  #inWhole = 0;
  #inOpen = 0;
  #callsWithout = 0;
  #timer: NodeJS.Timeout | undefined;

  /** @param ripe called when some have waited long enough for the rest of their batch. */
  constructor(ripe: () => void) {
    this.#ripe = ripe;
  }

  /** How many acknowledgements wait. */
  get size(): number {
    return this.#singles.length + this.#inWhole + this.#inOpen;
  }

  /** How many of them do not wait for the rest of their batch. */
  get ready(): number {
    return this.mayWait ? this.size - this.#inOpen : this.size;
  }

  /** Whether messages that are leased together are likely to be settled together. */
  get comeTogether(): boolean {
    return this.#callsWithout === 0 && this.#open.length < mostBatches;
  }

  /** The messages. */
  *[Symbol.iterator](): Generator<Held> {
    yield* this.#singles;
    for (const { held } of this.#whole) yield* held;
    for (const { held } of this.#open) yield* held;
  }

  /** Adds a batch that was leased. */
  expect(batch: Batch): void {
    this.#open.push(new OpenBatch(batch));
  }

  /** A message was settled by another call, for which Redis has taken all batches apart. */
  comeApart(): void {
    for (const batch of this.#whole.splice(0)) this.#open.push(batch);
    for (const { held, expired, flows } of this.#open.splice(0)) {
      for (const each of held) this.#singles.push(each);
      this.#expired += expired;
      for (const flow of flows?.keys() ?? []) this.#addFlow(flow);
    }
    this.#inWhole = 0;
    this.#inOpen = 0;
    this.#callsWithout = callsWithout;
  }

  /** @param expired true when the message was not handled, but had expired. */
  add(held: Held, expired: boolean): void {
    const batch = this.#batchOf(held.number);
    if (batch) {
      this.#addToBatch(batch, held, expired);
      return;
    }
    this.#singles.push(held);
    if (expired) this.#expired += 1;
    if (held.memberOf !== undefined) this.#addFlow(held.memberOf);
  }

  /**
   * Removes and returns as many as fit into one call.
   *
   * @param all whether those are among them that wait for the rest of their batch.
   */
  take(all = true): Acknowledged<Held> {
    if (this.#callsWithout > 0) this.#callsWithout -= 1;
    const batches = this.#takeWhole();
    if ((all || !this.mayWait) && this.#inOpen > 0) this.comeApart();
    const inBatches = batches.reduce((sum, { count }) => sum + count, 0);
    const singles = this.#singles.splice(0, Math.max(0, most - inBatches));
    let expired = batches.reduce((sum, batch) => sum + batch.expired, 0);
    const flows = new Set(batches.flatMap((batch) => [...(batch.flows?.keys() ?? [])]));
    if (this.#singles.length === 0) {
      expired += this.#expired;
      this.#expired = 0;
      for (const flow of this.#flows ?? []) flows.add(flow);
      this.#flows = undefined;
    }
    return {
      held: batches.reduce((sum, { held }) => (sum.length > 0 ? sum.concat(held) : held), singles),
      batches,
      receipts: singles.map(({ number }) => number),
      expired,
      flows: flows.size > 0 ? flows : undefined,
    };
  }

  /** Adds these before all others, to be sent again, because Redis may not have received them. */
  sendAgain({ held, expired, flows }: Acknowledged<Held>): void {
    this.#singles.unshift(...held);
    this.#expired += expired;
    for (const flow of flows ?? []) this.#addFlow(flow);
  }

  /** Nothing is sent any more. */
  end(): void {
    clearTimeout(this.#timer);
  }

  #batchOf(receipt: number): OpenBatch<Held> | undefined {
    // Not by `find`: for each message, its closure costs more than the search.
    for (const batch of this.#open) {
      if (batch.has(receipt)) return batch;
    }
    return undefined;
  }

  #addToBatch(batch: OpenBatch<Held>, held: Held, expired: boolean): void {
    batch.held.push(held);
    if (expired) batch.expired += 1;
    if (held.memberOf !== undefined) {
      batch.flows ??= new Map();
      batch.flows.set(held.memberOf, (batch.flows.get(held.memberOf) ?? 0) + 1);
    }
    if (batch.held.length < batch.count) {
      this.#inOpen += 1;
      this.#timer ??= setTimeout(() => this.#ripen(), longestWaitMs);
      return;
    }
    this.#open.splice(this.#open.indexOf(batch), 1);
    this.#whole.push(batch);
    this.#inOpen -= batch.count - 1;
    this.#inWhole += batch.count;
  }

  /** Of the batches that are settled as a whole, as many as fit into one call. */
  #takeWhole(): OpenBatch<Held>[] {
    let taken = 0;
    let count = 0;
    for (const batch of this.#whole) {
      if (count > 0 && count + batch.count > most) break;
      taken += 1;
      count += batch.count;
    }
    this.#inWhole -= count;
    return this.#whole.splice(0, taken);
  }

  /** Those that have waited before have waited long enough. */
  #ripen(): void {
    this.#timer = undefined;
    const waiting = this.#open.filter(({ held }) => held.length > 0);
    if (waiting.some(({ hasWaited }) => hasWaited)) {
      this.comeApart();
      this.#ripe();
      return;
    }
    if (waiting.length === 0) return;
    for (const batch of waiting) batch.hasWaited = true;
    this.#timer = setTimeout(() => this.#ripen(), longestWaitMs);
  }

  #addFlow(flow: string): void {
    this.#flows ??= new Set();
    this.#flows.add(flow);
  }
}
