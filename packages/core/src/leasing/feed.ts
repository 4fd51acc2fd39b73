import { CallSize } from '../consuming/call-size.js';
import { Pump } from '../consuming/pump.js';
import { RoundTrip } from '../consuming/round-trip.js';
import { asError } from '../errors.js';
import { clearTimeout, performance, setTimeout } from '../runtime/timers.js';
import type { AckWaiters } from './ack-waiters.js';
import type { Acked, Answer, FeedSource } from './feed-source.js';
import type { Heartbeat } from './heartbeat.js';
import type { Settler } from './held.js';
import type { HeldList, Holdable } from './held-list.js';
import type { LeaseEvents, SessionEvents } from './lease-events.js';
import { Linger } from './linger.js';
import { SuspectPlace } from './suspect-place.js';
import type { Turns } from './turns.js';

/** The session that a feed belongs to. */
export interface FedSession<Item extends Holdable> extends Settler, SessionEvents<Item> {
  /** The consumer that handles what the session holds. */
  readonly events: LeaseEvents<Item, never>;
  readonly heartbeat: Heartbeat;
  readonly held: HeldList<Item>;
  readonly ackWaiters: AckWaiters<Item>;
}

/** How long the server may take to execute a call after its client has given up waiting for the answer, in ms. */
const lateMs = 15_000;

/**
 * Whether messages are expected.
 *
 * - `flowing`: messages are expected, so calls ask for them while there is demand. Entered at the start, by
 *   `pollAgain()` and `arrived()`, when a wait has brought a message, and when an answer says that there are more. Left
 *   for `dry` when an answer says that nothing is left. Ignored meanwhile: such an answer to a call of an earlier
 *   epoch, because it says nothing about later messages.
 * - `dry`: the last answer said that nothing is left. While there is demand, the source waits for more. Left for
 *   `flowing` as described there. Ignored meanwhile: further answers without messages; `drained` is not reported
 *   again for the same empty supply.
 * - `gated`: messages may not be taken now, because the queue is paused or limited. No wait is started then, because it
 *   would take messages past the gate. Entered when an answer says so. Left for `flowing` by `pollAgain()`, when the
 *   source has learned that the gate may be open, or by `arrived()`. Calls that carry acknowledgements ask the gate, too.
 *   Ignored meanwhile: such an answer to a call of an earlier epoch.
 *
 * Whether a wait is pending is a state of the source (`FeedSource.isWaiting`), and so is whether a call asks for
 * messages that no wait would report (`FeedSource.mayAsk`).
 */
type Supply = 'flowing' | 'dry' | 'gated';

/**
 * Whether this consumer knows what it holds in Redis.
 *
 * - `sure`: the consumer knows it, and calls are sent as the supply allows. Entered at the start, and when
 *   `reconcile()` of the source has succeeded. Left for `unsure` when an answer was lost, perhaps with messages in it;
 *   when an answer was read so late that other consumers may have its messages (for example because this process was
 *   frozen); and by `doubt()`. That is called when Redis was away or counts more held messages than are known here,
 *   because it may have returned with older data, and when the server may have executed a call after this client had
 *   given up waiting for its answer. Nothing is ignored.
 * - `unsure`: no call is sent, and a wait that may bring messages is ended. Pending calls are awaited, and their answers
 *   are used as usual. Left for `reconciling` when nothing is pending any more and no pause after a failure goes on.
 *   Ignored meanwhile: demand, and settled messages, which are sent later; further doubt.
 * - `reconciling`: what Redis says this consumer holds is compared with what is known here. Left for `fetching` or
 *   `sure` when that has succeeded, and for `unsure` when it fails. Ignored meanwhile: the same as in `unsure`, because
 *   the comparison settles the doubt.
 * - `fetching`: messages that the server counts as held and that were not known here are fetched. A source that
 *   returns such messages to the storage instead never enters this state. Left for `sure` when all have come, and for
 *   `unsure` when that fails, or when there is doubt, because it is newer than the answer of the server. Ignored
 *   meanwhile: demand, and settled messages, which are sent later.
 *
 * After a lost lease or `end()` there are no states any more: nothing is sent.
 */
type Certainty = 'sure' | 'unsure' | 'reconciling' | 'fetching';

/**
 * Gets messages from Redis for one session, and sends its acknowledgements with the next call. Its source, a list or a
 * stream, decides how to make a call and how to wait.
 *
 * The feed has two states, `Supply` and `Certainty`. They are independent: what is known of the supply stays known
 * while the server is asked what this consumer holds.
 *
 * An answer may be as large as one message, and other answers on the same socket wait behind it. So while messages
 * are large, only one call is pending at a time. Nothing is asked for again before the answer has come or the connection
 * is gone.
 */
export class Feed<Item extends Holdable, Part extends Acked<Item> = Acked<Item>> {
  readonly #source: FeedSource<Item, Part>;
  readonly #session: FedSession<Item>;
  readonly #turns: Turns | undefined;
  readonly #pump = new Pump(() => this.#send());
  readonly #callSize: CallSize;
  readonly #roundTrip = new RoundTrip();
  readonly #linger = new Linger(() => this.#pump.now());
  readonly #suspect = new SuspectPlace<Item | 'asked for'>();
  #calls = 0;
  #requested = 0;
  #supply: Supply = 'flowing';
  #certainty: Certainty = 'sure';
  /** Counts the calls of `pollAgain`: an answer to a call of an earlier epoch says nothing about later messages. */
  #epoch = 0;
  /** The epoch of the last call that found nothing left. */
  #emptyIn = 0;
  /** True when calls have brought messages since the last `drained`. */
  #hasBroughtSome = false;
  /** True while `reconcile()` of the source is pending, also when there is doubt again. */
  #isReconciling = false;
  #lateTimer: NodeJS.Timeout | undefined;
  readonly #idleWaiters: (() => void)[] = [];

  /** @param turns shared with other feeds, when they share the demand of one consumer. */
  constructor(source: FeedSource<Item, Part>, session: FedSession<Item>, turns?: Turns) {
    this.#source = source;
    this.#session = session;
    this.#turns = turns;
    this.#callSize = new CallSize(source.limits.perCall);
  }

  /** How many messages pending calls have asked for. */
  get requested(): number {
    return this.#requested;
  }

  /** True when no call is pending: then the server counts no more messages as held than are known here. */
  get isQuiet(): boolean {
    return this.#calls === 0 && !this.#isReconciling;
  }

  /** True while messages are expected. */
  get isFlowing(): boolean {
    return this.#supply === 'flowing';
  }

  /** True while a wait is out. */
  get isWaiting(): boolean {
    return this.#source.isWaiting;
  }

  /** True when the last answer said that nothing is left. */
  get isDry(): boolean {
    return this.#supply === 'dry';
  }

  /** True once `end()` was called. */
  get hasEnded(): boolean {
    return this.#pump.hasEnded;
  }

  /** Begins, now that the lease is taken. */
  start(): void {
    this.#turns?.putLast(this);
    this.#pump.start();
  }

  /** Resolves when Redis has confirmed all acknowledgements, and no more messages can come. */
  idle(): Promise<void> {
    if (this.#isIdle || this.#pump.hasEnded) return Promise.resolve();
    return new Promise((resolve) => this.#idleWaiters.push(resolve));
  }

  /** This message is settled or no longer held, so there may be demand again. */
  settled(held: Item): void {
    this.#suspect.settled(held);
    this.pumpSoon();
  }

  /** Other consumers have returned suspects. */
  suspectsAdded(): void {
    this.#suspect.lookAgain();
    this.pumpSoon();
  }

  /** Lets the feed ask once more before it waits, although nothing was left. Returns the epoch that begins with this. */
  pollAgain(): number {
    this.#epoch += 1;
    this.#supply = 'flowing';
    this.pumpSoon();
    return this.#epoch;
  }

  /** Redis and this consumer may disagree about what it holds: lets the feed compare that. */
  doubt(): void {
    if (this.#certainty !== 'reconciling') this.#certainty = 'unsure';
    this.pumpSoon();
  }

  /** There may be demand: sends after the code that runs now has finished. */
  pumpSoon(): void {
    if (this.#turns) this.#turns.soon();
    else this.#pump.soon();
  }

  /** Sends whatever there is to send now, unless it pauses after a failure. */
  pump(): void {
    this.#pump.now();
  }

  /** Ends the feed: nothing is sent any more. */
  end(): void {
    this.#pump.end();
    this.#turns?.remove(this);
    this.#source.end();
    clearTimeout(this.#lateTimer);
    this.#linger.end();
    for (const resolve of this.#idleWaiters.splice(0)) resolve();
  }

  /** The source has learned that there are messages. */
  arrived(): void {
    this.#supply = 'flowing';
    this.#pump.now();
  }

  /** A wait has brought a message; undefined when it is not known which one. */
  brought(item: Item | undefined): void {
    this.#supply = 'flowing';
    this.#pump.worked();
    if (item) this.#session.accept([item]);
    else this.doubt();
  }

  /**
   * The server has said what this consumer holds. Messages that were not known here are fetched next.
   *
   * @param suspect the suspect among the messages that were known.
   */
  compared(suspect: Item | undefined): void {
    this.#certainty = 'fetching';
    if (suspect) this.#suspect.take(suspect);
    else this.#suspect.free();
  }

  /** A message that was not known here has been fetched. */
  fetched(item: Item, isSuspect: boolean): void {
    if (isSuspect) this.#suspect.take(item);
    this.#session.accept([item]);
  }

  /**
   * A call or a wait has failed. After a pause, the feed compares what is held with what the server says. It does so once
   * more after `lateMs`, because until then the server may still execute a call whose answer is no longer awaited.
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
    const isCalm = this.#isCalm;
    const acks = isCalm ? source.acks.ready : source.acks.size;
    const goesAnyway = mustTell || (acks > 0 && this.#calls === 0);
    const mayAsk = source.mayAsk(this.#supply === 'flowing', goesAnyway);
    // Computing the demand may mean looking into many sessions.
    if (!mayAsk && !goesAnyway && !this.#suspect.isFree) return false;
    const demand = this.#demand;
    const count = mayAsk ? Math.max(0, Math.min(demand, this.#callSize.count)) : 0;
    const withSuspect = demand > 0 && this.#suspect.isFree;
    if (count === 0 && !withSuspect && !goesAnyway) return false;
    if (!mustTell && !withSuspect && isCalm && this.#mayLinger(count)) return false;
    const acked = source.acks.take(!isCalm);
    void this.#exchange(count, withSuspect, acked);
    return true;
  }

  /** Whether nobody waits until acknowledgements are sent: no caller of `ack()` or `idle()`, and no blocking move, which begins after them. */
  get #isCalm(): boolean {
    return (
      this.#supply === 'flowing' &&
      this.#session.ackWaiters.size === 0 &&
      this.#idleWaiters.length === 0
    );
  }

  /** Whether nobody waits for messages: most of what is wanted ahead of the handlers is here, or on its way. */
  #mayLinger(count: number): boolean {
    if (count >= this.#callSize.count) return false;
    const { events } = this.#session;
    const reserve = events.reserve?.(this.#session) ?? 0;
    return reserve > 1 && count <= reserve / 2 && this.#linger.mayWait();
  }

  async #exchange(count: number, withSuspect: boolean, acked: Part): Promise<void> {
    const source = this.#source;
    const epoch = this.#epoch;
    this.#linger.end();
    if (withSuspect) this.#suspect.take('asked for');
    this.#calls += 1;
    this.#requested += count;
    if (count > 0) this.#turns?.putLast(this);
    const sentAt = performance.now();
    let answer: Answer<Item> | 'lost' | 'refused' | undefined;
    try {
      answer = await source.exchange({ count, withSuspect }, acked);
      this.#roundTrip.note(performance.now() - sentAt);
    } catch (error) {
      this.#sendAgain(acked, withSuspect);
      this.#session.ackWaiters.reject(acked.held, asError(error));
      this.failed(error);
    }
    this.#calls -= 1;
    this.#requested -= count;
    if (answer && !this.#pump.hasEnded) {
      this.#pump.worked();
      this.#session.events.answered?.(this.#roundTrip.ms);
      if (answer === 'lost') this.#session.lost();
      else if (answer === 'refused') this.#sendAgain(acked, withSuspect);
      else this.#conclude(answer, acked, withSuspect, epoch);
    }
    // Other feeds may ask for the messages that this call asked for and did not bring.
    if (this.#turns) this.#turns.now();
    else this.#pump.now();
  }

  /** The call has done nothing, or its answer was lost. */
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
      // No message of this answer is accepted, so the suspect may have to be asked for again.
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

  /** Notes what an answer says about the supply. Returns true when this answer has emptied it, or first found it empty. */
  #isDrainedBy({ supply }: Answer<Item>, epoch: number): boolean {
    const former = this.#supply;
    if (supply === 'more') this.#supply = 'flowing';
    // The supply was dry, so the part that this call did not ask is known to be empty.
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
