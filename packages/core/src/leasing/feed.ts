import { CallSize } from '../consuming/call-size.js';
import { Pump } from '../consuming/pump.js';
import { asError } from '../errors.js';
import { clearTimeout, setTimeout } from '../runtime/timers.js';
import type { AckWaiters } from './ack-waiters.js';
import type { Acked, Answer, FeedSource } from './feed-source.js';
import type { Heartbeat } from './heartbeat.js';
import type { Settler } from './held.js';
import type { HeldList, Holdable } from './held-list.js';
import type { LeaseEvents, SessionEvents } from './lease-events.js';
import { SuspectPlace } from './suspect-place.js';
import type { Turns } from './turns.js';

/** The session whose feed it is. */
export interface FedSession<Item extends Holdable> extends Settler, SessionEvents<Item> {
  /** The consumer that works on what the session holds. */
  readonly events: LeaseEvents<Item, never>;
  readonly heartbeat: Heartbeat;
  readonly held: HeldList<Item>;
  readonly ackWaiters: AckWaiters<Item>;
}

/** How long the server may take to run a call whose answer nobody waits for any more, in ms. */
const lateMs = 15_000;

/**
 * Whether messages are expected.
 *
 * - `flowing`: they are, so calls ask for them while there is demand. Entered at the start, by `pollAgain()` and
 *   `arrived()`, when a wait has brought a message, and when an answer says that there are more. Left for `dry`
 *   when an answer says that nothing is left. Ignored meanwhile: such an answer to a call of an earlier
 *   epoch, as it knows nothing of later messages.
 * - `dry`: nothing was left at the last look. While there is demand, the source waits for more. Left for
 *   `flowing` as named there. Ignored meanwhile: further answers without messages; `drained` is not told
 *   again of the same emptiness.
 * - `gated`: what there is may not be taken now, since a queue is paused or limited. No wait is started then: it could
 *   not be held back. Entered when an answer says so. Left for `flowing` by `pollAgain()`, when the source has learned
 *   that the gate may be open, or by `arrived()`. Calls that carry acknowledgements ask the gate, too. Ignored
 *   meanwhile: such an answer to a call of an earlier epoch.
 *
 * Whether a wait is out is the source's own state (`FeedSource.isWaiting`), and so is whether a call asks for
 * messages that no wait would tell of (`FeedSource.mayAsk`).
 */
type Supply = 'flowing' | 'dry' | 'gated';

/**
 * Whether this consumer knows what it holds in Redis.
 *
 * - `sure`: it does, and calls go out as the supply allows. Entered at the start, and when `reconcile()` of the
 *   source has worked. Left for `unsure` when an answer got lost, and with it perhaps messages; when one was
 *   read so late that others may have its messages (this process was frozen, say); and by `doubt()`: Redis
 *   was away, or counts more as held than are known here, for it may have come back with what it knew some
 *   time ago; or the server may have run a call after its answer was given up. Nothing is ignored.
 * - `unsure`: no call is sent, and a wait that may bring messages is ended. What is out already is waited
 *   for, and taken as ever. Left for `reconciling` when nothing is out any more and no pause after a failure
 *   goes on. Ignored meanwhile: demand, and settled messages, which wait; further doubt.
 * - `reconciling`: what Redis says this consumer holds is compared with what is known here. Left for
 *   `fetching` or `sure` when that has worked; for `unsure` when it fails. Ignored meanwhile: as before; doubt,
 *   which this dispels.
 * - `fetching`: messages that the server counts as held, and nobody here knew of, are fetched; a source that
 *   returns these instead never enters it. Left for `sure` when all have come; for `unsure` when that fails or
 *   there is doubt, which is newer than the server's answer. Ignored meanwhile: demand, and settled
 *   messages, which wait.
 *
 * A lost lease and `end()` end all of this: then nothing is sent any more.
 */
type Certainty = 'sure' | 'unsure' | 'reconciling' | 'fetching';

/**
 * Gets messages from Redis for one session and carries its acknowledgements. What was settled meanwhile
 * travels with the next call. How a call is made, and how one waits, is its source's: a list or a stream.
 *
 * It has two states, `Supply` and `Certainty`. They are independent: what is known of the supply stays known
 * while the server is asked what this consumer holds.
 *
 * An answer may be as large as one message is, and those of others have to wait behind it. So while
 * messages are that large, one call is out at a time; and nothing is asked for again before the
 * answer has come, or the connection is gone.
 */
export class Feed<Item extends Holdable, Part extends Acked<Item> = Acked<Item>> {
  readonly #source: FeedSource<Item, Part>;
  readonly #session: FedSession<Item>;
  readonly #turns: Turns | undefined;
  readonly #pump = new Pump(() => this.#send());
  readonly #callSize: CallSize;
  readonly #suspect = new SuspectPlace<Item | 'asked for'>();
  #calls = 0;
  #requested = 0;
  #supply: Supply = 'flowing';
  #certainty: Certainty = 'sure';
  /** Counts `pollAgain`: an answer to a call of an earlier epoch knows nothing of later messages. */
  #epoch = 0;
  /** The epoch of the last call that found nothing left. */
  #emptyIn = 0;
  /** Calls have brought messages since `drained` was told. */
  #hasBroughtSome = false;
  /** `reconcile()` of the source is out, also when there is doubt again. */
  #isReconciling = false;
  #lateTimer: NodeJS.Timeout | undefined;
  readonly #idleWaiters: (() => void)[] = [];

  /** @param turns shared with other feeds, when the demand is. */
  constructor(source: FeedSource<Item, Part>, session: FedSession<Item>, turns?: Turns) {
    this.#source = source;
    this.#session = session;
    this.#turns = turns;
    this.#callSize = new CallSize(source.limits.perCall);
  }

  /** How many messages are asked for and have not come yet. */
  get requested(): number {
    return this.#requested;
  }

  /** True when no call is out: the server then counts no more than is held here. */
  get isQuiet(): boolean {
    return this.#calls === 0 && !this.#isReconciling;
  }

  /** True when nothing was left at the last look. */
  get isDry(): boolean {
    return this.#supply === 'dry';
  }

  /** True once `end()` was called. */
  get hasEnded(): boolean {
    return this.#pump.hasEnded;
  }

  /** The lease is taken: begins. */
  start(): void {
    this.#turns?.putLast(this);
    this.#pump.start();
  }

  /** Resolves when all that was settled is confirmed and nothing more is coming. */
  idle(): Promise<void> {
    if (this.#isIdle || this.#pump.hasEnded) return Promise.resolve();
    return new Promise((resolve) => this.#idleWaiters.push(resolve));
  }

  /** It is settled, or held no longer, so there may be demand again. */
  settled(held: Item): void {
    this.#suspect.settled(held);
    this.pumpSoon();
  }

  /** Other consumers have returned suspects. */
  suspectsAdded(): void {
    this.#suspect.lookAgain();
    this.pumpSoon();
  }

  /** Asks once more before it waits, though nothing was left. Returns the epoch that begins with this. */
  pollAgain(): number {
    this.#epoch += 1;
    this.#supply = 'flowing';
    this.pumpSoon();
    return this.#epoch;
  }

  /** The server said something that does not fit: compares what is held. */
  doubt(): void {
    if (this.#certainty !== 'reconciling') this.#certainty = 'unsure';
    this.pumpSoon();
  }

  /** There may be demand: sends when the code that runs now is through. */
  pumpSoon(): void {
    if (this.#turns) this.#turns.soon();
    else this.#pump.soon();
  }

  /** Sends whatever there is to send now, unless it pauses after a failure. */
  pump(): void {
    this.#pump.now();
  }

  /** Nothing is sent any more. */
  end(): void {
    this.#pump.end();
    this.#turns?.remove(this);
    this.#source.end();
    clearTimeout(this.#lateTimer);
    for (const resolve of this.#idleWaiters.splice(0)) resolve();
  }

  /** The source has learned that there are messages. */
  arrived(): void {
    this.#supply = 'flowing';
    this.#pump.now();
  }

  /** A wait has brought a message; undefined when it cannot be told which. */
  brought(item: Item | undefined): void {
    this.#supply = 'flowing';
    this.#pump.worked();
    if (item) this.#session.accept([item]);
    else this.doubt();
  }

  /**
   * The server has said what this consumer holds: what it did not know of is fetched now.
   *
   * @param suspect the one among those that were known.
   */
  compared(suspect: Item | undefined): void {
    this.#certainty = 'fetching';
    if (suspect) this.#suspect.take(suspect);
    else this.#suspect.free();
  }

  /** Some of what it did not know of. */
  fetched(item: Item, isSuspect: boolean): void {
    if (isSuspect) this.#suspect.take(item);
    this.#session.accept([item]);
  }

  /**
   * A call or a wait has failed. After a pause, what is held is compared with what the server says; and once
   * more when nothing late can come any more, for it may yet run a call whose answer nobody waits for.
   */
  failed(error: unknown): void {
    if (this.#pump.hasEnded) return;
    this.#certainty = 'unsure';
    this.#pump.pause();
    clearTimeout(this.#lateTimer);
    this.#lateTimer = setTimeout(() => this.doubt(), lateMs).unref();
    this.#session.failed(asError(error));
  }

  get #isIdle(): boolean {
    const { acks, hasNews, bringsUnasked } = this.#source;
    const mayBring = hasNews || (bringsUnasked && this.#isReconciling);
    return this.#calls === 0 && acks.size === 0 && !mayBring;
  }

  /** Sends whatever there is to send. */
  #send(): void {
    if (this.#isReconciling) return;
    const source = this.#source;
    const isUnsure = this.#certainty === 'unsure';
    const mayBring = source.bringsUnasked && source.isWaiting;
    if (mayBring && (isUnsure || this.#demand + this.#requested <= 0)) void source.endWait();
    if (isUnsure) {
      if (this.#calls === 0 && !mayBring) void this.#reconcile();
      return;
    }
    while (this.#exchangeIfNeeded());
    if (source.isHeldUp) return;
    if (this.#isIdle) for (const resolve of this.#idleWaiters.splice(0)) resolve();
    if (this.#supply !== 'dry' || source.isWaiting) return;
    if ((this.#isIdle || !source.bringsUnasked) && this.#demand > 0) source.wait();
  }

  get #demand(): number {
    return this.#session.events.demand(this.#session);
  }

  #exchangeIfNeeded(): boolean {
    const source = this.#source;
    if (source.isHeldUp) return false;
    const mustTell = source.hasNews;
    if (this.#calls >= this.#callSize.callsOf(source.limits.calls) && !mustTell) return false;
    const goesAnyway = mustTell || (source.acks.size > 0 && this.#calls === 0);
    const mayAsk = source.mayAsk(this.#supply === 'flowing', goesAnyway);
    // The demand may have to be looked up in many sessions.
    if (!mayAsk && !goesAnyway && !this.#suspect.isFree) return false;
    const demand = this.#demand;
    const count = mayAsk ? Math.max(0, Math.min(demand, this.#callSize.count)) : 0;
    const withSuspect = demand > 0 && this.#suspect.isFree;
    if (count === 0 && !withSuspect && !goesAnyway) return false;
    void this.#exchange(count, withSuspect);
    return true;
  }

  async #exchange(count: number, withSuspect: boolean): Promise<void> {
    const source = this.#source;
    const epoch = this.#epoch;
    const acked = source.acks.take();
    if (withSuspect) this.#suspect.take('asked for');
    this.#calls += 1;
    this.#requested += count;
    if (count > 0) this.#turns?.putLast(this);
    let answer: Answer<Item> | 'lost' | 'refused' | undefined;
    try {
      answer = await source.exchange({ count, withSuspect }, acked);
    } catch (error) {
      this.#sendAgain(acked, withSuspect);
      this.#session.ackWaiters.reject(acked.held, asError(error));
      this.failed(error);
    }
    this.#calls -= 1;
    this.#requested -= count;
    if (answer && !this.#pump.hasEnded) {
      this.#pump.worked();
      if (answer === 'lost') this.#session.lost();
      else if (answer === 'refused') this.#sendAgain(acked, withSuspect);
      else this.#conclude(answer, acked, withSuspect, epoch);
    }
    // What was asked for and has not come, others may ask for.
    if (this.#turns) this.#turns.now();
    else this.#pump.now();
  }

  /** The call has done nothing, or its answer got lost. */
  #sendAgain(acked: Part, withSuspect: boolean): void {
    this.#source.acks.sendAgain(acked);
    if (withSuspect) this.#suspect.free();
  }

  #conclude(answer: Answer<Item>, acked: Part, withSuspect: boolean, epoch: number): void {
    for (const each of acked.held) this.#session.held.remove(each);
    this.#session.ackWaiters.confirm(acked.held);
    const { items, suspect, bytes } = answer;
    if (items.length > (suspect ? 1 : 0)) this.#hasBroughtSome = true;
    const isDrained = this.#isDrainedBy(answer, epoch);
    if (answer.isGated && epoch === this.#epoch) this.#supply = 'gated';
    if (items.length > 0) this.#callSize.note(items.length, bytes);
    if (items.length > 0 && !this.#session.heartbeat.isFresh) {
      // None of them is accepted, so the suspect among them may have to be asked for again.
      if (withSuspect) this.#suspect.free();
      this.#certainty = 'unsure';
    } else {
      if (suspect) this.#suspect.take(suspect);
      else if (withSuspect) this.#suspect.foundNone();
      if (items.length > 0) this.#session.accept(items);
    }
    if (!isDrained) return;
    this.#hasBroughtSome = false;
    this.#session.events.drained(this.#emptyIn, answer.isGated);
  }

  /** Takes note of what an answer says of the supply. True if it has emptied it, or was the first to find it so. */
  #isDrainedBy({ supply }: Answer<Item>, epoch: number): boolean {
    const former = this.#supply;
    if (supply === 'more') this.#supply = 'flowing';
    // The part that was not asked is known to be empty when all was.
    if (supply === 'partly-empty') return former === 'dry' && this.#hasBroughtSome;
    if (supply !== 'empty') return false;
    if (epoch === this.#epoch) this.#supply = 'dry';
    this.#emptyIn = epoch;
    return former === 'flowing' || this.#hasBroughtSome;
  }

  async #reconcile(): Promise<void> {
    this.#certainty = 'reconciling';
    this.#isReconciling = true;
    try {
      const isHeld = await this.#source.reconcile();
      if (this.#pump.hasEnded) return;
      if (!isHeld) this.#session.lost();
      else if ((this.#certainty as Certainty) !== 'unsure') this.#certainty = 'sure';
    } catch (error) {
      this.failed(error);
    } finally {
      this.#isReconciling = false;
    }
    this.#pump.now();
  }
}
