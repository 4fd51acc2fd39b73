import { longestTimerMs } from '@redpost/core';
import {
  type Answer,
  type Asked,
  clearTimeout,
  type FedSession,
  type Feed,
  type FeedSource,
  performance,
  Slice,
  setTimeout,
} from '@redpost/core/consuming';
import type { SessionOptions } from '../consuming/consume-options.js';
import { HeldDelivery, type QueueSettler } from '../consuming/delivery.js';
import type { QueueContext } from '../context.js';
import { pollMs } from '../due/poll-ms.js';
import { StartSlack } from '../limiting/start-slack.js';
import { isSuspect } from '../message/envelope.js';
import { fetch } from '../scripts/fetch.js';
import { type LeaseResult, leaseOf } from '../scripts/lease.js';
import { reclaim } from '../scripts/reclaim.js';
import { plain, type Shape } from '../shape/shape.js';
import { type Acknowledged, Acknowledgements, type Batch, type Runs } from './acknowledgements.js';
import { Adoption } from './adoption.js';
import { BlockingMove } from './blocking-move.js';

/** The session of a queue's consumer. */
export interface ListSession<Body> extends FedSession<HeldDelivery<Body>>, QueueSettler {
  /** Redis has refused a call that knew another shape: nothing is sent until `reshape()` is called. */
  wasReshaped(): void;
  /** Fewer messages were acknowledged than were named. Resolves when it is known which of them were cancelled. */
  someWereNotHeld(): Promise<void>;
  /** Members of these flows have ended, as headers name them. */
  toldFlows(flows: ReadonlySet<string>): void;
  /** How many messages of one key the handlers have use for together. */
  readonly runLength: number;
  /** Whether beats look for what signals should have told: then nobody else has to. */
  readonly looksWithBeats: boolean;
  /** These have been taken, and are these runs. */
  addRuns(items: readonly HeldDelivery<Body>[], runs: Runs): void;
  /** So many keys are ready after a call that asked for messages of `count` keys. */
  readyKeys(ready: number, count: number): void;
  /** The limits of the queue leave room for so many more messages, over all consumers. */
  roomUnderLimits(room: number): void;
}

type Leasing = Extract<LeaseResult, { status: 'held' }>;

const maxFetchedPerCall = 1000;

/**
 * Whether a lease call is worth sending only for messages that were returned: those that were retried,
 * released, redriven or are due. They wait in a list of their own, where no blocking move sees them. Every
 * lease call that asks for messages takes these first, whatever this state is.
 *
 * - `unlikely`: entered at the start, and when an answer brought fewer messages than were asked for. Left for
 *   `expected` by `returnedAdded()`, when a blocking move has waited in vain (the signal may have got lost) and no beat looks,
 *   and when an answer was cut short, because what did not fit was returned. Ignored meanwhile: nothing.
 * - `expected`: when no call is out and there is demand, one asks for them. If a blocking move is out, this
 *   goes on, and the call takes nothing from the list, so its answer tells nothing of the list. Left for
 *   `unlikely` as named there. Ignored meanwhile: an answer to a call that was sent before the last reason to
 *   expect some.
 */
type Returned = 'unlikely' | 'expected';

/**
 * Where the feed of a queue's consumer gets its messages: by the script `lease`, which gives each the next
 * receipt, and by a blocking move while the list is empty. While the move is out, no lease call takes from the
 * list: two sources at once could change the order of messages.
 */
export class ListSource<Body = unknown>
  implements FeedSource<HeldDelivery<Body>, Acknowledged<HeldDelivery<Body>>>
{
  readonly acks = new Acknowledgements<HeldDelivery<Body>>(() => this.#feed.pumpSoon());
  /** Some in the server while the answer to another is handled: that keeps both sides busy. */
  readonly limits: { calls: number; perCall: number };
  readonly bringsUnasked = true;
  readonly #context: QueueContext;
  readonly #session: ListSession<Body>;
  readonly #options: Pick<SessionOptions, 'from' | 'perKey'>;
  readonly #move: BlockingMove;
  readonly #adoption = new Adoption();
  #feed!: Feed<HeldDelivery<Body>>;
  #nextReceipt = 1;
  #returned: Returned = 'unlikely';
  /** Counts the reasons to expect returned messages: an answer to a call before the last one knows nothing of it. */
  #returns = 0;
  #shape: Shape = plain;
  /** Where the queue has a rate. */
  #slack: StartSlack | undefined;
  /** The shape is being read, because Redis has refused a call that knew another one. */
  #isReadingShape = false;
  #gateTimer: NodeJS.Timeout | undefined;
  #keyTimer: NodeJS.Timeout | undefined;
  /** The server's clock minus ours, in ms. */
  #clockOffset = performance.timeOrigin;

  constructor(
    context: QueueContext,
    options: Pick<SessionOptions, 'from' | 'perKey'>,
    session: ListSession<Body>,
  ) {
    const { from, perKey } = options;
    this.limits = { calls: 4, perCall: Math.max(250, perKey) };
    this.#context = context;
    this.#options = options;
    this.#session = session;
    const { consumer, heartbeat } = session;
    this.#move = new BlockingMove(context, {
      consumer,
      from,
      heartbeat,
      waitMs: () => pollMs(session),
      brought: (element) => this.#handOver(element),
      rang: () => this.#feed.arrived(),
      broughtNothing: () => {
        if (!session.looksWithBeats) this.returnedAdded();
      },
      refused: (error) => session.failed(error),
    });
  }

  /** The feed whose source it is. */
  attach(feed: Feed<HeldDelivery<Body>>): void {
    this.#feed = feed;
  }

  /** The server's time, in ms since 1970, as far as the last answer tells. */
  get serverNow(): number {
    return performance.now() + this.#clockOffset;
  }

  /** True when a blocking move of ours may still be under way in the server. */
  get mayBeBlocked(): boolean {
    return this.#move.mayBringStrays || this.#move.mayTake;
  }

  /** Resolves when the server knows of it: before, it cannot be settled. Undefined when it does already. */
  adopted({ number }: HeldDelivery<Body>): Promise<void> | undefined {
    return this.#adoption.of(number);
  }

  /** Resolves when the call that tells the server of it was sent; undefined when it was sent already. */
  adoptingCall({ number }: HeldDelivery<Body>): Promise<void> | undefined {
    return this.#adoption.callOf(number);
  }

  /** Whether several messages of a key were taken together, to be handled one after the other. */
  takesRuns = false;

  /** Whether it matters how long handlers take. */
  get sharesTime(): boolean {
    return this.#shape.hasKeys;
  }

  /** Messages were returned, by this consumer or others, or may have been. */
  returnedAdded(): void {
    this.#returns += 1;
    this.#returned = 'expected';
    this.#feed.pumpSoon();
  }

  /** The gate of the queue may let something through that it has held up. */
  gateMayBeOpen(): void {
    this.#feed.suspectsAdded();
    // A move is out only where no gate was, and brings what comes.
    if (!this.#move.mayTake) this.#feed.pollAgain();
  }

  /** The queue has this shape: what is sent from now on complies with it. */
  reshape(shape: Shape): void {
    if (shape.version === this.#shape.version && !this.#isReadingShape) return;
    this.#useRate(shape);
    // What is acknowledged may make room under a limit, or free a key.
    this.acks.mayWait = !shape.hasKeys && !shape.waitsByBell;
    this.#shape = shape;
    this.#isReadingShape = false;
    void this.#move.cancel();
    this.#feed.suspectsAdded();
    this.#feed.pollAgain();
  }

  /** Whether a call may be worth it for messages that were returned. */
  get expectsReturned(): boolean {
    return this.#returned === 'expected';
  }

  get isWaiting(): boolean {
    return this.#move.isOut;
  }

  // What was handed off cannot be settled before the server knows its receipt: the call that tells it goes
  // first, and alone.
  get hasNews(): boolean {
    return this.#adoption.brought !== undefined;
  }

  get isHeldUp(): boolean {
    return this.#adoption.isUnderway || this.#isReadingShape;
  }

  mayAsk(isFlowing: boolean, goesAnyway: boolean): boolean {
    // A call that goes anyway asks a list that was empty, too: while acknowledgements keep coming, no
    // move is started that would wait for it.
    if (!this.#move.mayTake && (isFlowing || goesAnyway)) return true;
    return this.#returned === 'expected' && this.#feed.isQuiet;
  }

  async exchange(
    { count, withSuspect }: Asked,
    acked: Acknowledged<HeldDelivery<Body>>,
  ): Promise<Answer<HeldDelivery<Body>> | 'lost' | 'refused'> {
    const { connection, keys } = this.#context;
    const shape = this.#shape;
    const handedOff = this.#adoption.brought;
    this.#adoption.begin();
    const firstReceipt = this.#takeReceipts(count + 1);
    const withList = !this.#move.mayTake;
    const { from } = this.#options;
    const { perKey, mostKeys } = this.#ofKeys(count);
    // The label of such a batch says of each key that nothing else of it is held.
    const asBatch = this.acks.comeTogether && (shape.limits.keyConcurrency ?? 1) === 1;
    const returns = this.#returns;
    const slack = this.#slack;
    const slackMs = slack?.ms ?? 0;
    // Redis grants a start after this.
    const sentAt = slack ? performance.now() : 0;
    let result: LeaseResult;
    try {
      // Written out: with a handler of a few ms, each message nearly has a call of its own.
      result = await connection.run(leaseOf(shape, acked.flows !== undefined), {
        keys,
        version: shape.version,
        consumer: this.#session.consumer,
        slackMs,
        from,
        count,
        perKey,
        mostKeys,
        withSuspect,
        firstReceipt,
        handedOff,
        withList,
        asBatch,
        acked,
        rans: shape.hasKeys ? ransOf(acked) : undefined,
      });
    } catch (error) {
      if (handedOff !== undefined) this.#adoption.failed();
      throw error;
    }
    if (result.status === 'reshaped') {
      if (handedOff !== undefined) this.#adoption.failed();
      if (shape === this.#shape) this.#readShape();
      return 'refused';
    }
    if (handedOff !== undefined) this.#adoption.end();
    if (result.status === 'lost') return 'lost';
    const answeredAt = performance.now();
    if (acked.flows) this.#session.toldFlows(acked.flows);
    if (result.acknowledged < acked.held.length) await this.#session.someWereNotHeld();
    this.#clockOffset = result.now - answeredAt;
    const tookMs = answeredAt - sentAt;
    slack?.answered(tookMs, slackMs);
    const found = result.elements.length;
    if (result.isCut) this.returnedAdded();
    else if (found < count && returns === this.#returns) this.#returned = 'unlikely';
    if (asBatch && result.isPacked && found > 1) {
      const { suspect, runs } = result;
      this.acks.expect({ first: firstReceipt + (suspect ? 1 : 0), count: found, runs });
    }
    if (result.askAgainMs !== undefined) this.#waitForGate(result.askAgainMs);
    if (result.nextKeyMs !== undefined) this.#waitForKey(result.nextKeyMs);
    if (result.readyKeys !== undefined) {
      this.#session.readyKeys(result.readyKeys, Math.ceil(count / perKey));
    }
    // What is taken ahead has to start in time, too. And another shape may leave less room.
    const isSoon = !slack || tookMs <= slackMs / 2;
    if (result.room !== undefined && shape === this.#shape) {
      this.#session.roomUnderLimits(isSoon ? result.room : 0);
    }
    if (result.isSuspectLater) this.#feed.suspectsAdded();
    const startBy = slack ? sentAt + slackMs : undefined;
    return this.#answer(result, firstReceipt, startBy, supplyIn(result, count, withList));
  }

  wait(): void {
    this.#move.start(this.#feed, this.#shape.waitsByBell ? 'bell' : 'move');
  }

  endWait(): Promise<void> {
    return this.#move.cancel();
  }

  /** Asks the server what this consumer holds, and fetches what it did not know of. */
  async reconcile(): Promise<boolean> {
    const { connection } = this.#context;
    // More receipts than a blocking move can have brought elements.
    const firstReceipt = this.#takeReceipts(100);
    const handedOff = this.#adoption.brought;
    const result = await connection.run(reclaim, { firstReceipt, handedOff, ...this.#names });
    if (result.status === 'lost') return false;
    if (this.#feed.hasEnded) return true;
    this.#adoption.end();
    const held = [...this.#session.held];
    this.#feed.compared(this.#suspectAmong(held, new Set(result.receipts)));
    const known = new Set(held.map(({ number }) => number));
    return this.#fetch(result.receipts.filter((receipt) => !known.has(receipt)));
  }

  end(): void {
    this.#move.end();
    this.#adoption.end();
    this.acks.end();
    clearTimeout(this.#gateTimer);
    clearTimeout(this.#keyTimer);
  }

  /** @param askAgainMs -1 if a signal or another shape tells when it may be open. */
  #waitForGate(askAgainMs: number): void {
    clearTimeout(this.#gateTimer);
    if (askAgainMs < 0 || this.#feed.hasEnded) return;
    const waitMs = Math.min(askAgainMs, longestTimerMs);
    this.#gateTimer = setTimeout(() => this.gateMayBeOpen(), waitMs).unref();
  }

  /** No signal tells when the time of a key has come. */
  #waitForKey(nextKeyMs: number): void {
    clearTimeout(this.#keyTimer);
    if (this.#feed.hasEnded) return;
    const waitMs = Math.min(nextKeyMs, longestTimerMs);
    this.#keyTimer = setTimeout(() => this.returnedAdded(), waitMs).unref();
  }

  #useRate(shape: Shape): void {
    const perMs = shortestWindow(shape);
    if (perMs === undefined) this.#slack = undefined;
    else if (perMs !== shortestWindow(this.#shape)) this.#slack = new StartSlack(perMs);
  }

  /** How many messages of a key are taken together, and of how many keys. */
  #ofKeys(count: number): { perKey: number; mostKeys: number } {
    const { perKey } = this.#options;
    if (perKey > 1) return { perKey, mostKeys: Math.ceil(count / perKey) };
    const { hasKeys, limits } = this.#shape;
    const isOneAtATime = !limits.rate && !limits.keyRate && (limits.keyConcurrency ?? 1) === 1;
    const { runLength } = this.#session;
    if (!hasKeys || !isOneAtATime || runLength === 1) return { perKey: 1, mostKeys: count };
    this.takesRuns = true;
    return { perKey: runLength, mostKeys: count };
  }

  #readShape(): void {
    if (this.#isReadingShape || this.#feed.hasEnded) return;
    this.#isReadingShape = true;
    this.#session.wasReshaped();
  }

  get #names() {
    return { keys: this.#context.keys, consumer: this.#session.consumer };
  }

  #answer(
    { suspect, elements, askAgainMs, runs }: Leasing,
    firstReceipt: number,
    startBy: number | undefined,
    supply: Answer<unknown>['supply'],
  ): Answer<HeldDelivery<Body>> {
    const all = suspect ? [suspect, ...elements] : elements;
    const items = all.map((element, at) => this.#delivery(firstReceipt + at, element));
    if (startBy !== undefined) for (const held of items) held.startBy = startBy;
    if (runs && this.takesRuns) this.#session.addRuns(suspect ? items.slice(1) : items, runs);
    const bytes = all.reduce((sum, { size }) => sum + size, 0);
    const isGated = askAgainMs !== undefined;
    return { items, suspect: suspect && items[0], bytes, supply, isGated };
  }

  #delivery(receipt: number, element: Slice): HeldDelivery<Body> {
    return new HeldDelivery<Body>(this.#session, receipt, element);
  }

  /** What a blocking move has brought is handled at once; the server learns its receipt later. */
  #handOver(element: Buffer): void {
    // With strays about, it may not be the newest there, and get another one's receipt.
    if (!this.#session.heartbeat.isFresh || this.#move.mayBringStrays) {
      this.#feed.brought(undefined);
      return;
    }
    const receipt = this.#takeReceipts(1);
    this.#adoption.bring(receipt);
    this.#feed.brought(this.#delivery(receipt, Slice.of(element)));
  }

  /** What was leased by the answers that got lost, as much at a time as fits into one answer. */
  async #fetch(receipts: number[]): Promise<boolean> {
    for (let left = receipts; left.length > 0; ) {
      const input = { receipts: left.slice(0, maxFetchedPerCall), ...this.#names };
      const result = await this.#context.connection.run(fetch, input);
      if (result.status === 'lost') return false;
      if (this.#feed.hasEnded) return true;
      for (const [at, element] of result.elements.entries()) {
        if (!element) continue;
        const delivery = this.#delivery(left[at] as number, Slice.of(element));
        // Nobody knows when Redis has granted its start, or with which others it was taken: the handlers return it.
        if (this.#slack || this.#options.perKey > 1 || this.takesRuns)
          delivery.startBy = Number.NEGATIVE_INFINITY;
        this.#feed.fetched(delivery, isSuspect(element));
      }
      left = left.slice(result.elements.length);
    }
    return true;
  }

  /** @param there the receipts that the server knows. */
  #suspectAmong(
    held: readonly HeldDelivery<Body>[],
    there: ReadonlySet<number>,
  ): HeldDelivery<Body> | undefined {
    const acked = new Set(this.acks);
    return held.find(
      (each) => there.has(each.number) && !acked.has(each) && isSuspect(each.element.bytes),
    );
  }

  #takeReceipts(count: number): number {
    const first = this.#nextReceipt;
    this.#nextReceipt += count;
    return first;
  }
}

/** What an answer says of the list; of the messages that were returned alone, when only they were asked for. */
function supplyIn(
  { elements, isCut }: Leasing,
  count: number,
  withList: boolean,
): Answer<unknown>['supply'] {
  if (count === 0) return 'unknown';
  const isShort = elements.length < count && !isCut;
  if (!withList) return isShort ? 'partly-empty' : 'unknown';
  return isShort ? 'empty' : 'more';
}

/** How many µs handlers had what is acknowledged: see the script `lease`. */
function ransOf({ held, batches, receipts }: Acknowledged<HeldDelivery>): number[][] {
  const times = new Map<number, number>();
  for (const { number, ranUs = 1 } of held) times.set(number, ranUs);
  const timeOf = (receipt: number) => times.get(receipt) ?? 1;
  return [...batches.map((batch) => ransOfBatch(batch, timeOf)), receipts.map(timeOf)];
}

/** How many µs each run of a batch took. */
function ransOfBatch({ first, count, runs }: Batch, timeOf: (receipt: number) => number): number[] {
  const rans: number[] = [];
  const end = first + count;
  for (let receipt = first, nth = 0; receipt < end; nth += 1) {
    const endOfRun = receipt + Math.abs(runs?.[nth] ?? 1);
    let sum = 0;
    for (; receipt < endOfRun; receipt += 1) sum += timeOf(receipt);
    rans.push(sum);
  }
  return rans;
}

/** Of the rates of the queue and of its keys, in ms. */
function shortestWindow({ limits: { rate, keyRate } }: Shape): number | undefined {
  const windows = [rate, keyRate].filter((each) => each !== undefined).map(({ perMs }) => perMs);
  return windows.length === 0 ? undefined : Math.min(...windows);
}
