import { asError, longestTimerMs } from '@redpost/core';
import {
  CallSize,
  clearTimeout,
  Pump,
  performance,
  SuspectPlace,
  setTimeout,
} from '@redpost/core/consuming';
import type { ConsumedEnd, QueueContext } from '../context.js';
import { isSuspect } from '../message/envelope.js';
import { Slice } from '../message/slice.js';
import { fetch } from '../scripts/fetch.js';
import { type LeaseInput, type LeaseResult, leaseOf } from '../scripts/lease.js';
import { type ReclaimResult, reclaim } from '../scripts/reclaim.js';
import { rememberMs } from '../scripts/recover.js';
import { plain, type Shape } from '../shape/shape.js';
import { type Acknowledged, Acknowledgements, type Leased } from '../store/acknowledgements.js';
import { Adoption } from '../store/adoption.js';
import { BlockingMove } from '../store/blocking-move.js';

export interface FeedOptions<Held extends Leased> {
  consumer: string;
  from: ConsumedEnd;
  /** How many more messages are wanted now, apart from those the feed has asked for already. */
  demand(): number;
  /** Takes over what was leased: the first element has this receipt, the others the next ones. */
  accept(firstReceipt: number, elements: readonly Slice[]): void;
  /** What was accepted and is not known to be settled. */
  held(): Iterable<Held>;
  /** Redis has confirmed these acknowledgements. */
  acked(deliveries: readonly Held[]): void;
  /** These could not be confirmed yet: they are sent again. */
  unconfirmed(deliveries: readonly Held[], error: Error): void;
  /**
   * The queue is empty: the list was found so by a call that was made in this epoch, see `pollAgain`. Or, if
   * `isGated`, what there is may not be taken now.
   */
  drained(epoch: number, isGated: boolean): void;
  /** The queue has a shape that is not known here: nothing is sent until `reshape()` is called. */
  reshaped(): void;
  /** The lease was lost: nothing more can be done. */
  lost(): void;
  failed(error: Error): void;
  /** False when the lease may have run out by now. */
  isFresh(): boolean;
  /** Resolves to false when the lease is lost. */
  ensureFresh(): Promise<boolean>;
}

/** A lease call that is out. */
interface Call<Held extends Leased> extends Omit<LeaseInput, 'keys' | 'consumer' | 'from'> {
  acked: Acknowledged<Held>;
  /** The epoch in which it was made. */
  epoch: number;
  /** How often there had been a reason to expect returned messages. */
  returns: number;
}

type Leasing = Extract<LeaseResult, { status: 'held' }>;

/** Some in the server while the answer to another is handled: that keeps both sides busy. */
const maxCalls = 4;
const maxLeasedPerCall = 250;
const maxFetchedPerCall = 1000;

/**
 * Whether messages are expected in the list.
 *
 * - `flowing`: they are, so up to four lease calls take from the list while there is demand. Entered at
 *   the start, by `pollAgain()`, when a blocking move has brought a message, and when an answer brought
 *   all that was asked for or was cut short. Left for `dry` when an answer brings fewer than were asked
 *   for. Ignored meanwhile: such an answer to a call of an earlier epoch, as it knows nothing of later
 *   messages.
 * - `dry`: the list had no more at the last look. When no call is out and there is demand, a blocking
 *   move waits for the next message on a socket of its own. Calls that carry acknowledgements ask the
 *   list, too, unless the move is out. Left for `flowing` as named there. Ignored meanwhile: further
 *   answers without messages; `drained` is not told again of the same emptiness.
 *
 * - `gated`: the gate of the queue lets no more through now, since the queue is paused. No move is out then, because
 *   it could not be held back. Entered when an answer says so. Left for `flowing` when the time has passed that the answer
 *   has told, and by `pollAgain()` and `reshape()`. Calls that carry acknowledgements ask the gate, too. Ignored
 *   meanwhile: nothing.
 *
 * Whether a move is out is the move's own state (`BlockingMove.isOut`). While it is, no lease call takes
 * from the list, even if that is flowing again: two sources at once could change the order of messages.
 */
type Supply = 'flowing' | 'dry' | 'gated';

/**
 * Whether a lease call is worth sending only for messages that were returned: those that were retried,
 * released, redriven or are due. They wait in a list of their own, where no blocking move sees them. Every
 * lease call that asks for messages takes these first, whatever this state is.
 *
 * - `unlikely`: entered at the start, and when an answer brought fewer messages than were asked for. Left for
 *   `expected` by `returnedAdded()`, when a blocking move has waited in vain (the signal may have got lost),
 *   and when an answer was cut short, because what did not fit was returned. Ignored meanwhile: nothing.
 * - `expected`: when no call is out and there is demand, one asks for them. If a blocking move is out, this
 *   goes on, and the call takes nothing from the list, so its answer tells nothing of the list. Left for
 *   `unlikely` as named there. Ignored meanwhile: an answer to a call that was sent before the last reason to
 *   expect some.
 */
type Returned = 'unlikely' | 'expected';

/**
 * Whether this consumer knows what it holds in Redis.
 *
 * - `sure`: it does, and calls go out as the supply allows. Entered at the start, and when all that the
 *   server was found to hold was fetched. Left for `unsure` when an answer got lost, and with it perhaps
 *   messages; when one was read so late that others may have its messages (this process was frozen, say);
 *   and by `doubt()`: Redis was away, or counts more as held than are known here, for it may have come
 *   back with what it knew some time ago; or the server may have run a call after its answer was given
 *   up. Nothing is ignored.
 * - `unsure`: no call is sent, and the blocking move is cancelled. What is out already is waited for, and
 *   taken as ever. Left for `reclaiming` when nothing is out any more and no pause after a failure goes
 *   on. Ignored meanwhile: demand, and settled messages, which wait; further doubt.
 * - `reclaiming`: the server is asked what this consumer holds. Left for `fetching` when it answers; for
 *   `unsure` when that fails. Ignored meanwhile: as before; doubt, which the answer dispels.
 * - `fetching`: messages that the server counts as held, and nobody here knew of, are fetched. Left for
 *   `sure` when all have come; for `unsure` when that fails or there is doubt, which is newer than the
 *   server's answer. Ignored meanwhile: demand, and settled messages, which wait.
 *
 * A lost lease and `end()` end all of this: then nothing is sent any more.
 */
type Certainty = 'sure' | 'unsure' | 'reclaiming' | 'fetching';

/**
 * Gets messages from Redis for one consumer and carries its acknowledgements. What was settled
 * meanwhile travels with the next lease call.
 *
 * It has three states, `Supply`, `Returned` and `Certainty`. They are independent: what is known of the list
 * stays known while the server is asked what this consumer holds.
 *
 * An answer may be as large as one message is, and those of others have to wait behind it. So while
 * messages are that large, one call is out at a time; and nothing is asked for again before the
 * answer has come, or the connection is gone.
 */
export class Feed<Held extends Leased & { readonly element: Slice }> {
  readonly #context: QueueContext;
  readonly #options: FeedOptions<Held>;
  readonly #move: BlockingMove;
  readonly #pump = new Pump(() => this.#send());
  readonly #callSize = new CallSize(maxLeasedPerCall);
  /** By its receipt. */
  readonly #suspect = new SuspectPlace<number>();
  readonly #acks = new Acknowledgements<Held>();
  #calls = 0;
  #requested = 0;
  #nextReceipt = 1;
  readonly #adoption = new Adoption();
  #supply: Supply = 'flowing';
  #returned: Returned = 'unlikely';
  /** Counts the reasons to expect returned messages: an answer to a call before the last one knows nothing of it. */
  #returns = 0;
  #certainty: Certainty = 'sure';
  /** Undefined while it is being read, because Redis has refused a call that knew another one. */
  #shape: Shape | undefined = plain;
  #gateTimer: NodeJS.Timeout | undefined;
  /** Counts `pollAgain`: an answer to a call of an earlier epoch knows nothing of later messages. */
  #epoch = 0;
  /** The epoch of the last call that found the list empty. */
  #emptyIn = 0;
  /** Lease calls have brought messages since `drained` was told. */
  #hasBroughtSome = false;
  #lateTimer: NodeJS.Timeout | undefined;
  readonly #idleWaiters: (() => void)[] = [];
  /** The server's clock minus ours, in ms. */
  #clockOffset = performance.timeOrigin;

  constructor(context: QueueContext, options: FeedOptions<Held>) {
    this.#context = context;
    this.#options = options;
    this.#move = new BlockingMove(context, {
      consumer: options.consumer,
      from: options.from,
      ensureFresh: () => options.ensureFresh(),
      brought: (element) => this.#handOver(element),
      broughtNothing: () => this.returnedAdded(),
      failed: (error) => this.#fail(error),
      refused: (error) => options.failed(error),
      pollAgain: () => this.pollAgain(),
      done: () => this.#pump.now(),
    });
  }

  /** The server's time, in ms since 1970, as far as the last answer tells. */
  get serverNow(): number {
    return performance.now() + this.#clockOffset;
  }

  /** True when a blocking move of ours may still be under way in the server. */
  get mayBeBlocked(): boolean {
    return this.#move.mayBringStrays || this.#move.isOut;
  }

  /** True when no call is out: the server then counts no more than is held here. */
  get isQuiet(): boolean {
    return this.#calls === 0;
  }

  /** The lease is taken: begins. */
  start(): void {
    this.#pump.start();
  }

  /** Resolves when the server knows this receipt; undefined when it does already. */
  adopted(receipt: number): Promise<void> | undefined {
    return this.#adoption.of(receipt);
  }

  /** Resolves when all that was settled is confirmed and no call is out. */
  idle(): Promise<void> {
    if (this.#isIdle || this.#pump.hasEnded) return Promise.resolve();
    return new Promise((resolve) => this.#idleWaiters.push(resolve));
  }

  get #isIdle(): boolean {
    return this.#calls === 0 && this.#acks.size === 0 && this.#adoption.brought === undefined;
  }

  /** Acknowledges with the next call. @param expired it was not handled, but had expired. */
  ack(held: Held, expired = false): void {
    this.#acks.add(held, expired);
    this.#freed(held.number);
  }

  /** It was settled otherwise. */
  settled({ number }: Held): void {
    this.#acks.comeApart();
    this.#freed(number);
  }

  /** What was held no longer is, so there may be demand again. */
  #freed(receipt: number): void {
    this.#suspect.settled(receipt);
    this.#pump.soon();
  }

  /** Other consumers have returned suspects. */
  suspectsAdded(): void {
    this.#suspect.lookAgain();
    this.#pump.soon();
  }

  /** Messages were returned, by this consumer or others, or may have been. */
  returnedAdded(): void {
    this.#returns += 1;
    this.#returned = 'expected';
    this.#pump.soon();
  }

  /**
   * Asks the list once before waiting for it, though it was empty when last asked. Returns the epoch that
   * begins with this.
   */
  pollAgain(): number {
    this.#epoch += 1;
    this.#supply = 'flowing';
    this.#pump.soon();
    return this.#epoch;
  }

  /** The queue has this shape: what is sent from now on complies with it. */
  reshape(shape: Shape): void {
    if (shape.version === this.#shape?.version) return;
    this.#shape = shape;
    void this.#move.cancel();
    this.#gateMayBeOpen();
  }

  /** The server said something that does not fit: ask it what this consumer holds. */
  doubt(): void {
    if (this.#certainty !== 'reclaiming') this.#certainty = 'unsure';
    this.#pump.soon();
  }

  /** There may be demand: sends when the code that runs now is through. */
  pumpSoon(): void {
    this.#pump.soon();
  }

  /** Ends the blocking move, so that no further message is taken. What it has taken is accepted. */
  endWait(): Promise<void> {
    return this.#move.cancel();
  }

  /** Nothing is sent any more. */
  end(): void {
    this.#pump.end();
    this.#move.end();
    clearTimeout(this.#lateTimer);
    clearTimeout(this.#gateTimer);
    for (const resolve of this.#idleWaiters.splice(0)) resolve();
    this.#adoption.end();
  }

  /** Sends whatever there is to send. */
  #send(): void {
    const certainty = this.#certainty;
    if (certainty === 'reclaiming' || certainty === 'fetching') return;
    if (certainty === 'unsure' || this.#options.demand() <= 0) void this.#move.cancel();
    if (certainty === 'unsure') {
      if (this.#calls > 0 || this.#move.isOut) return;
      this.#certainty = 'reclaiming';
      void this.#reclaim();
      return;
    }
    const shape = this.#shape;
    if (!shape) return;
    while (this.#exchangeIfNeeded(shape));
    if (this.#isIdle) for (const resolve of this.#idleWaiters.splice(0)) resolve();
    const mayWait = this.#supply === 'dry' && this.#isIdle && !this.#move.isOut;
    if (mayWait && this.#options.demand() > 0) this.#move.start();
  }

  #exchangeIfNeeded(shape: Shape): boolean {
    // What was handed off cannot be settled before the server knows its receipt: the call that
    // tells it goes first, and alone.
    if (this.#adoption.isUnderway) return false;
    const hasBrought = this.#adoption.brought !== undefined;
    if (this.#calls >= this.#callSize.callsOf(maxCalls) && !hasBrought) return false;
    const demand = this.#options.demand() - this.#requested;
    const hasNews = hasBrought || (this.#acks.size > 0 && this.#calls === 0);
    // A call that goes anyway asks a list that was empty, too: while acknowledgements keep coming, no
    // move is started that would wait for it.
    const withList = !this.#move.isOut;
    const canLease =
      (withList && (this.#supply === 'flowing' || hasNews)) ||
      (this.#returned === 'expected' && this.#calls === 0);
    const count = canLease ? Math.max(0, Math.min(demand, this.#callSize.count)) : 0;
    const withSuspect = demand > 0 && this.#suspect.isFree;
    if (count === 0 && !withSuspect && !hasNews) return false;
    void this.#exchange({ count, withList, withSuspect }, shape);
    return true;
  }

  async #exchange(
    asked: Pick<LeaseInput, 'count' | 'withList' | 'withSuspect'>,
    shape: Shape,
  ): Promise<void> {
    const { count, withSuspect } = asked;
    const { connection, keys } = this.#context;
    const { consumer, from } = this.#options;
    const acked = this.#acks.take();
    const handedOff = this.#adoption.brought;
    this.#adoption.begin();
    const firstReceipt = this.#takeReceipts(count + 1);
    if (withSuspect) this.#suspect.take(firstReceipt);
    this.#calls += 1;
    this.#requested += count;
    const asBatch = this.#acks.comeTogether;
    const [epoch, returns] = [this.#epoch, this.#returns];
    const { version } = shape;
    const call = { version, ...asked, asBatch, firstReceipt, handedOff, acked, epoch, returns };
    const input = { keys, consumer, from, ...call };
    const result = await connection.run(leaseOf(shape), input).catch((error) => {
      this.#sendAgain(call);
      this.#options.unconfirmed(acked.held, asError(error));
      this.#fail(error);
    });
    this.#calls -= 1;
    this.#requested -= count;
    if (result) this.#conclude(result, call);
    this.#pump.now();
  }

  /** It has done nothing, or its answer got lost. */
  #sendAgain({ acked, handedOff }: Call<Held>): void {
    this.#acks.sendAgain(acked);
    if (handedOff !== undefined) this.#adoption.failed();
  }

  #conclude(result: LeaseResult, call: Call<Held>): void {
    if (result.status === 'reshaped') this.#sendAgain(call);
    else if (call.handedOff !== undefined) this.#adoption.end();
    if (this.#pump.hasEnded) return;
    if (result.status === 'lost') {
      this.#options.lost();
      return;
    }
    this.#pump.worked();
    if (result.status === 'reshaped') {
      if (call.withSuspect) this.#suspect.free();
      if (call.version === this.#shape?.version) this.#readShape();
      return;
    }
    this.#clockOffset = result.now - performance.now();
    this.#options.acked(call.acked.held);
    this.#accept(result, call);
  }

  #accept({ suspect, elements, isPacked, isCut, askAgainMs }: Leasing, call: Call<Held>): void {
    const all = suspect ? [suspect, ...elements] : elements;
    if (call.withSuspect && !suspect) this.#suspect.foundNone();
    if (elements.length > 0) this.#hasBroughtSome = true;
    const isDrained = !isCut && this.#noteFound(elements.length, call);
    if (isCut && call.withList) this.#supply = 'flowing';
    if (isCut) this.returnedAdded();
    if (askAgainMs !== undefined) this.#waitForGate(askAgainMs);
    if (elements.length > 0) this.#callSize.note(elements.length, sizeOf(elements));
    if (all.length > 0 && !this.#options.isFresh()) this.#certainty = 'unsure';
    else if (all.length > 0) {
      const batch = { first: call.firstReceipt + (suspect ? 1 : 0), count: elements.length };
      if (call.asBatch && isPacked && batch.count > 1) this.#acks.expect(batch);
      this.#options.accept(call.firstReceipt, all);
    }
    if (!isDrained) return;
    this.#hasBroughtSome = false;
    this.#options.drained(this.#emptyIn, askAgainMs !== undefined);
  }

  /**
   * Takes note of how many messages there were. Returns true if this call has emptied the queue, or was the
   * first to find it empty.
   */
  #noteFound(found: number, { count, withList, epoch, returns }: Call<Held>): boolean {
    if (count === 0) return false;
    if (found < count && returns === this.#returns) this.#returned = 'unlikely';
    // That the returned ones are through says nothing of the list. But it is known to be empty.
    if (!withList) return found < count && this.#supply === 'dry' && this.#hasBroughtSome;
    const former = this.#supply;
    if (found === count) this.#supply = 'flowing';
    else if (epoch === this.#epoch) this.#supply = 'dry';
    if (found < count) this.#emptyIn = epoch;
    return found < count && (former === 'flowing' || this.#hasBroughtSome);
  }

  /** @param askAgainMs -1 if only another shape can open it. */
  #waitForGate(askAgainMs: number): void {
    this.#supply = 'gated';
    clearTimeout(this.#gateTimer);
    if (askAgainMs < 0) return;
    const waitMs = Math.min(askAgainMs, longestTimerMs);
    this.#gateTimer = setTimeout(() => this.#gateMayBeOpen(), waitMs).unref();
  }

  #gateMayBeOpen(): void {
    this.#suspect.lookAgain();
    this.pollAgain();
  }

  #readShape(): void {
    this.#shape = undefined;
    this.#options.reshaped();
  }

  /** What a blocking move has brought is handled at once; the server learns its receipt later. */
  #handOver(element: Buffer): void {
    this.#supply = 'flowing';
    this.#pump.worked();
    // With strays about, it may not be the newest there, and get another one's receipt.
    if (!this.#options.isFresh() || this.#move.mayBringStrays) {
      this.doubt();
      return;
    }
    const receipt = this.#takeReceipts(1);
    this.#adoption.bring(receipt);
    this.#options.accept(receipt, [Slice.of(element)]);
  }

  /** Asks the server what this consumer holds, and accepts what it did not know of. */
  async #reclaim(): Promise<void> {
    const { connection, keys } = this.#context;
    const { consumer } = this.#options;
    // More receipts than a blocking move can have brought elements.
    const input = { keys, consumer, firstReceipt: this.#takeReceipts(100) };
    this.#calls += 1;
    try {
      const handedOff = this.#adoption.brought;
      await this.#takeUp(await connection.run(reclaim, { ...input, handedOff }));
      if (this.#certainty === 'fetching') this.#certainty = 'sure';
    } catch (error) {
      this.#fail(error);
    }
    this.#calls -= 1;
    this.#pump.now();
  }

  async #takeUp(result: ReclaimResult): Promise<void> {
    if (this.#pump.hasEnded) return;
    if (result.status === 'lost') {
      this.#options.lost();
      return;
    }
    this.#certainty = 'fetching';
    this.#adoption.end();
    const held = [...this.#options.held()];
    this.#findSuspect(held, new Set(result.receipts));
    const known = new Set(held.map(({ number }) => number));
    await this.#fetch(result.receipts.filter((receipt) => !known.has(receipt)));
  }

  /** What was leased by the answers that got lost, as much at a time as fits into one answer. */
  async #fetch(receipts: number[]): Promise<void> {
    const { connection, keys } = this.#context;
    const { consumer } = this.#options;
    for (let left = receipts; left.length > 0; ) {
      const input = { keys, consumer, receipts: left.slice(0, maxFetchedPerCall) };
      const result = await connection.run(fetch, input);
      if (this.#pump.hasEnded) return;
      if (result.status === 'lost') {
        this.#options.lost();
        return;
      }
      for (const [at, element] of result.elements.entries()) {
        const receipt = left[at] as number;
        if (!element) continue;
        if (isSuspect(element)) this.#suspect.take(receipt);
        this.#options.accept(receipt, [Slice.of(element)]);
      }
      left = left.slice(result.elements.length);
    }
  }

  /** @param there the receipts that the server knows. */
  #findSuspect(held: readonly Held[], there: ReadonlySet<number>): void {
    const acked = new Set(Array.from(this.#acks, ({ number }) => number));
    const suspect = held.find(
      ({ number, element }) => there.has(number) && !acked.has(number) && isSuspect(element.bytes),
    );
    if (suspect) this.#suspect.take(suspect.number);
    else this.#suspect.free();
  }

  /**
   * After a pause, the server is asked what this consumer holds; and once more when nothing late can
   * come any more. It may yet run a call whose answer nobody waits for.
   */
  #fail(error: unknown): void {
    if (this.#pump.hasEnded) return;
    this.#certainty = 'unsure';
    this.#pump.pause();
    clearTimeout(this.#lateTimer);
    this.#lateTimer = setTimeout(() => this.doubt(), rememberMs).unref();
    this.#options.failed(asError(error));
  }

  #takeReceipts(count: number): number {
    const first = this.#nextReceipt;
    this.#nextReceipt += count;
    return first;
  }
}

function sizeOf(elements: readonly Slice[]): number {
  return elements.reduce((sum, { size }) => sum + size, 0);
}
