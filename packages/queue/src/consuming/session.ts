import { asError, isRedpostError } from '@redpost/core';
import {
  Feed,
  type LeaseEvents,
  LeaseLostError,
  LeaseSession,
  newConsumerName,
  noteReceived,
  performance,
  type Renewal,
  Settling,
  Signals,
  type Turns,
  within,
} from '@redpost/core/consuming';
import type { QueueContext } from '../context.js';
import { DeadLetterTrimmer } from '../due/dead-letter-trimmer.js';
import { longPollMs } from '../due/poll-ms.js';
import { Promoter } from '../due/promoter.js';
import { flowNameIn } from '../flow/flow-end.js';
import { Outbox } from '../outbox/outbox.js';
import type { Division } from '../partitions/division.js';
import { handlingTimes } from '../recording/handling-times.js';
import { Recorder } from '../recording/recorder.js';
import { Finishes } from '../results/finishes.js';
import { ProgressReports } from '../results/progress-reports.js';
import { resultBytes } from '../results/result-bytes.js';
import type { FinishedHow } from '../scripts/finish.js';
import { type Paused, type PauseInForce, plain, type Shape } from '../shape/shape.js';
import { ShapeFollower } from '../shape/shape-follower.js';
import type { Acknowledged, Runs } from '../store/acknowledgements.js';
import { Cancellations } from '../store/cancellations.js';
import { ListSource } from '../store/list-source.js';
import { ListStore, type Recovery } from '../store/list-store.js';
import { PassedOn } from '../store/passed-on.js';
import { Behind } from './behind.js';
import { CancelledError } from './cancelled-error.js';
import type { SessionOptions } from './consume-options.js';
import type { HeldDelivery } from './delivery.js';

/** What works on what a session leases. */
export interface SessionHost<Body> extends LeaseEvents<HeldDelivery<Body>, Recovery> {
  /**
   * The queue has this shape. Resolves when it is in force here.
   *
   * @param paused by a pause of the queue or of this consumer.
   */
  reshaped(shape: Shape, paused: PauseInForce | undefined): Promise<void>;
  /** The list that it takes from tells how the queue is divided. */
  divided?(division: Division): void;
  /** This message was cancelled: it is not delivered again. */
  cancelled(held: HeldDelivery<Body>, error: CancelledError): void;
  /** Whether messages may be taken ahead of the handlers, as far as keys are concerned. */
  keysLeaseAhead(mayLease: boolean): void;
  /** The limits of the queue leave room for so many more messages, over all consumers. */
  roomUnderLimits(room: number): void;
  /** How many messages of one key its handlers have use for together. Without it, one. */
  runLength?(): number;
}

/** The session before this one, which has lost its lease. */
export interface FormerSession {
  /** Resolves when it has returned the messages that it still had: those are older than all that is leased from now on. */
  returned: Promise<void>;
  /** How this consumer is paused by `pauseConsumer()`. */
  ownPause: Paused | undefined;
}

/** One life of a consumer of a queue: see {@link LeaseSession}. */
export class Session<Body = unknown> extends LeaseSession<
  HeldDelivery<Body>,
  Recovery,
  ListStore,
  SessionHost<Body>
> {
  /** The name of the queue. */
  readonly queue: string;
  protected readonly feed: Feed<HeldDelivery<Body>, Acknowledged<HeldDelivery<Body>>>;
  readonly #source: ListSource<Body>;
  readonly #promoter: Promoter;
  readonly #trimmer: DeadLetterTrimmer;
  readonly #signals: Signals;
  readonly #shape: ShapeFollower;
  readonly #recorder: Recorder;
  readonly #cancellations: Cancellations;
  readonly #context: QueueContext;
  // Most sessions never need these, and a process may have thousands: each is made when it is needed.
  #finishes: Finishes | undefined;
  #passedOn: PassedOn | undefined;
  #outbox: Outbox | undefined;
  #progress: ProgressReports | undefined;
  /** Members of these flows are not handled any more. */
  #cancelledFlows = plain.cancelledFlows;
  /** Reasons by the receipts of messages that were cancelled before the answer that brings them was read. */
  #cancelledEarly: Map<number, string> | undefined;
  readonly #behind = new Behind<Body>(this);
  readonly #former: FormerSession | undefined;
  readonly #leaseMs: number;
  /** How this consumer is paused by `pauseConsumer()`. */
  ownPause: Paused | undefined;

  /** @param turns shared with sessions of other queues, when the handlers are. */
  constructor(
    context: QueueContext<Body>,
    options: SessionOptions,
    events: SessionHost<Body>,
    former?: FormerSession,
    turns?: Turns,
  ) {
    const consumer = options.name ?? newConsumerName(options.leaseMs);
    const store = new ListStore(context as QueueContext, consumer, options);
    super(context.connection, store, options, events);
    store.held = this.held;
    this.queue = context.name;
    this.#leaseMs = options.leaseMs;
    this.#former = former;
    this.ownPause = former?.ownPause;
    this.#signals = new Signals(context.connection, context.keys.signal, this);
    this.#promoter = new Promoter(context as QueueContext, this);
    this.#trimmer = new DeadLetterTrimmer(context as QueueContext, (error) => this.failed(error));
    this.#shape = new ShapeFollower(store, this);
    this.#context = context as QueueContext;
    this.#recorder = new Recorder(context as QueueContext, this);
    this.#cancellations = new Cancellations(context as QueueContext, this);
    this.#source = new ListSource<Body>(context as QueueContext, options, this);
    this.feed = new Feed(this.#source, this, turns);
    this.#source.attach(this.feed);
  }

  /** Signals are heard, and what they should have told is looked for with each beat, so often that nobody else has to. */
  get looksWithBeats(): boolean {
    return this.#signals.areHeard && this.#leaseMs <= 3 * longPollMs;
  }

  /** The server's time, in ms since 1970. */
  get serverNow(): number {
    return this.#source.serverNow;
  }

  /** True while messages are expected, be it only such that were returned. */
  get isFlowing(): boolean {
    return this.feed.isFlowing || this.#source.expectsReturned;
  }

  /** True when nothing was left at the last look. */
  get isDry(): boolean {
    return this.feed.isDry;
  }

  /** True while a blocking move is out: nothing is there, or it would have brought it. */
  get isWaiting(): boolean {
    return this.feed.isWaiting;
  }

  /** There is new demand. */
  pump(): void {
    this.feed.pumpSoon();
  }

  /** There is new demand, by a caller that waits for nothing else: see `Feed.pollAgain`. */
  pollAgain(): number {
    return this.feed.pollAgain();
  }

  override async open(isWanted: () => boolean): Promise<boolean> {
    await this.#former?.returned;
    return super.open(isWanted);
  }

  acknowledge(held: HeldDelivery<Body>, isExpired = false, value?: unknown): void {
    if (held.keepsResult || (isExpired && held.memberOf !== undefined)) {
      if (!isExpired && held.keepsResult) held.result = this.resultBytes(value);
      this.#finish(held, isExpired ? 'expired' : 'done').catch((error) => {
        if (!isRedpostError(error, 'LEASE_LOST') && !isRedpostError(error, 'CANCELLED')) {
          this.failed(asError(error));
        }
      });
      return;
    }
    if (this.isOver) return;
    if (this.#source.sharesTime) held.measure();
    if (held.timer) held.endTimer();
    if (isExpired) this.#recorder.settled(held as HeldDelivery, 'expired');
    else this.#noteAcked(held);
    this.#source.acks.add(held, isExpired);
    this.feed.settled(held);
    this.#behind.goOn(held);
  }

  /** How many messages wait for others of their key. */
  get behind(): number {
    return this.#behind.size;
  }

  /** Removes and returns them. */
  takeBehind(): HeldDelivery<Body>[] {
    return this.#behind.takeAll();
  }

  get runLength(): number {
    return this.events.runLength?.() ?? 1;
  }

  accept(deliveries: readonly HeldDelivery<Body>[]): void {
    noteReceived(deliveries);
    for (const held of deliveries) this.held.add(held);
    let next = deliveries;
    if (this.#cancelledFlows.size > 0) {
      this.#cancelMembers(deliveries);
      next = deliveries.filter(({ isLost }) => !isLost);
    }
    const cancelled = this.#cancelledEarly;
    if (cancelled && cancelled.size > 0) {
      for (const held of deliveries) this.#cancelIfNamed(held, cancelled);
      next = next.filter(({ isLost }) => !isLost);
    }
    if (this.#behind.size > 0) next = next.filter((held) => !this.#behind.has(held));
    this.events.accept(next);
  }

  addRuns(deliveries: readonly HeldDelivery<Body>[], runs: Runs): void {
    this.#behind.add(deliveries, runs);
  }

  /** A message that waited behind another one of its key follows. */
  itsTurn(held: HeldDelivery<Body>): void {
    this.events.accept([held]);
  }

  notReturned(error: unknown): void {
    this.events.failed(asError(error));
  }

  override confirmAck(held: HeldDelivery<Body>): Promise<void> {
    if (!held.keepsResult && !held.followUps) return super.confirmAck(held);
    return this.#finish(held, 'done');
  }

  /**
   * Sends a message on that belongs to another partition. It counts as no attempt.
   *
   * @param target the list of that partition.
   */
  async passOn(held: HeldDelivery, target: string): Promise<void> {
    if (!held.claim()) return;
    try {
      await this.#source.adopted(held as HeldDelivery<Body>);
      this.#passedOn ??= new PassedOn(this.#context, this.consumer, () => this.isOver);
      const passing = this.#passedOn.add(held, target);
      this.#behind.goOn(held as HeldDelivery<Body>);
      await this.settle(held as HeldDelivery<Body>, passing);
      this.#relay(target);
    } catch (error) {
      if (!isRedpostError(error, 'LEASE_LOST') && !isRedpostError(error, 'CANCELLED')) {
        this.failed(asError(error));
      }
    }
  }

  resultBytes(value: unknown): string | Buffer | undefined {
    return resultBytes(this.#context, value);
  }

  reportProgress(held: HeldDelivery, progress: string | Buffer): void {
    if (this.isOver) return;
    this.#progress ??= new ProgressReports(this.#context, (error) => this.failed(error));
    this.#progress.add(held, progress);
  }

  /** Acknowledges a message whose result is kept, or that is followed by others; and a member of a flow that has expired. */
  async #finish(held: HeldDelivery<Body>, how: 'done' | 'expired'): Promise<void> {
    held.measure();
    held.endTimer();
    if (this.isOver) throw new LeaseLostError(held.named);
    this.#behind.goOn(held);
    this.#progress?.flush();
    await this.settle(held, this.#addFinish(held, how));
    if (how === 'done') this.#noteAcked(held);
    else this.#recorder.settled(held as HeldDelivery, how);
    this.#tellFlow(held);
    for (const { target } of held.followUps ?? []) this.#relay(target);
  }

  /**
   * Behind the call that tells the server the receipt of what a blocking move has brought. That call is not awaited, because
   * somebody may wait for the result; only if it did not come first, the message is not known yet.
   */
  async #addFinish(held: HeldDelivery<Body>, how: FinishedHow): Promise<boolean> {
    this.#finishes ??= new Finishes(this.#context, this.consumer, () => this.isOver);
    const finishes = this.#finishes;
    const add = () => finishes.add(held as HeldDelivery, how, held.result);
    const adopted = this.#source.adopted(held);
    if (!adopted) return add();
    await this.#source.adoptingCall(held);
    if (await add()) return true;
    await adopted;
    return add();
  }

  /** What a blocking move has brought cannot be settled before the server knows its receipt. */
  override async retry(held: HeldDelivery<Body>, delayMs: number, error?: string): Promise<void> {
    held.measure();
    this.#behind.returnAfter(held);
    held.endTimer();
    const adopted = this.#source.adopted(held);
    if (adopted) await adopted;
    await super.retry(held, delayMs);
    this.#recorder.settled(held as HeldDelivery, 'retried', error);
    if (delayMs === 0) this.#source.returnedAdded();
  }

  override async deadLetter(
    held: HeldDelivery<Body>,
    reason: string,
    error: string,
    stack?: string,
  ): Promise<void> {
    held.measure();
    this.#behind.returnAfter(held);
    held.endTimer();
    const adopted = this.#source.adopted(held);
    if (adopted) await adopted;
    await super.deadLetter(held, reason, error, stack);
    this.#recorder.settled(held as HeldDelivery, 'dead', error);
    this.#tellFlow(held);
  }

  /** A member of a flow may be among those that have become dead letters. */
  override recovered(recovery: Recovery): void {
    super.recovered(recovery);
    if (recovery.deadLettered > 0) void this.#openOutbox().check();
  }

  /** Returns these messages to the queue; it does not count as an attempt. */
  override async returnUnfinished(deliveries: readonly HeldDelivery<Body>[]): Promise<void> {
    // Who shares handlers with other queues keeps its turns for them.
    if (deliveries.length > 0) this.#source.returnedAdded();
    await Promise.all(deliveries.map((held) => this.#source.adopted(held)));
    if (this.isOver || deliveries.length === 0) return;
    await super.returnUnfinished(deliveries);
    this.#source.returnedAdded();
  }

  override async flushed(): Promise<void> {
    await this.#passedOn?.idle();
    await this.#finishes?.idle();
    await super.flushed();
    await this.#finishes?.idle();
    await this.#outbox?.idle();
  }

  /** Ends the blocking move. With no demand, nothing more is taken then. */
  endWait(): Promise<void> {
    return this.#source.endWait();
  }

  override async leave(timeoutMs: number): Promise<void> {
    const noted = this.#recorder.flush(this.#source.sharesTime);
    await Promise.all([
      within(this.#former?.returned ?? Promise.resolve(), timeoutMs),
      within(noted, timeoutMs),
      super.leave(timeoutMs),
    ]);
  }

  override beat(renewal: Renewal): void {
    super.beat(renewal);
    void this.#recorder.addSeries(this.#source.sharesTime);
    if (renewal.found === 'nothing') return;
    this.#promoter.beat();
    if (renewal.found === 'later') return;
    // It makes up for signals that may have been lost.
    this.feed.suspectsAdded();
    this.#source.returnedAdded();
    this.#shape.heard(renewal.shape ?? '');
    if (renewal.hasCancelled) void this.#readCancelled();
    if (renewal.hasOutbox) void this.#openOutbox().check();
  }

  /** These are not held any more. Their handlers learn that by the signal. */
  cancelled(reasons: ReadonlyMap<number, string>): void {
    if (this.isOver) return;
    const left = new Map(reasons);
    for (const held of [...this.held]) this.#cancelIfNamed(held, left);
    if (left.size === 0) return;
    this.#cancelledEarly ??= new Map();
    for (const [receipt, reason] of left) this.#cancelledEarly.set(receipt, reason);
  }

  someWereNotHeld(): Promise<void> {
    return this.#readCancelled();
  }

  /** The queue has this shape: what is taken from now on complies with it. */
  reshape(shape: Shape): void {
    if (shape.division.count > 0) this.events.divided?.(shape.division);
    this.ownPause = shape.pausedConsumers.get(this.consumer);
    this.#source.reshape(shape);
    this.#trimmer.reshape(shape);
    this.#recorder.history = shape.history;
    this.#cancelledFlows = shape.cancelledFlows;
    if (shape.cancelledFlows.size > 0) this.#cancelMembers([...this.held]);
  }

  /** Redis has refused a call that knew another shape. */
  wasReshaped(): void {
    this.#shape.check();
  }

  /**
   * While the keys that are ready are few, what is taken ahead would be of keys that have had their share: the others
   * are busy.
   */
  readyKeys(ready: number, count: number): void {
    this.events.keysLeaseAhead(ready > 2 * count);
  }

  /** The limits of the queue leave room for so many more messages, over all consumers. */
  roomUnderLimits(room: number): void {
    this.events.roomUnderLimits(room);
  }

  /** Does what else follows from the shape. Resolves when it is in force here. */
  putInForce(shape: Shape): Promise<void> {
    return this.events.reshaped(shape, this.#pauseIn(shape));
  }

  /** Messages that were delayed may be taken now. */
  promoted(): void {
    this.#source.returnedAdded();
  }

  heard(signal: string): void {
    if (this.isOver) return;
    const mayHaveMissedSome = signal === 'subscribed' || signal === 'resumed';
    if (mayHaveMissedSome || signal === 'suspects') this.feed.suspectsAdded();
    if (mayHaveMissedSome || signal === 'returned') this.#source.returnedAdded();
    if (mayHaveMissedSome || signal === 'delayed') void this.#promoter.check();
    if (mayHaveMissedSome || signal === 'gate') this.#source.gateMayBeOpen();
    if (mayHaveMissedSome || signal === 'shape') this.#shape.check();
    if (signal === `cancelled:${this.consumer}`) void this.#readCancelled();
  }

  protected async begin(): Promise<boolean> {
    const takenAt = performance.now();
    const lease = await this.store.take(this.#former?.ownPause);
    if (!lease || this.isOver) return false;
    void this.recoverer.recover(lease.overdue);
    await this.heartbeat.start(takenAt);
    if (this.isOver) return false;
    this.#shape.start(lease.shape ?? '');
    void this.#signals.listen();
    this.#context.index.note(this.queue);
    void this.#promoter.check();
    this.feed.start();
    return true;
  }

  protected giveUpLease(timeoutMs?: number): Promise<void> {
    return this.store.leave(this.#source.mayBeBlocked, timeoutMs);
  }

  /**
   * The consumer that recovered this one has what it held. But Redis may have forgotten it altogether
   * (FLUSHALL, a restart without its data), and a blocking move may have brought a message since,
   * of which nobody else knows. While Redis is away this waits.
   */
  protected override async returnLeftOver(): Promise<void> {
    try {
      await this.#source.endWait();
      await new Settling(() => false).repeat(() => this.giveUpLease());
    } catch (error) {
      this.events.failed(asError(error));
    }
  }

  protected override end(): void {
    super.end();
    // Of a session that was lost, too.
    void this.#recorder.flush(this.#source.sharesTime);
    this.#promoter.stop();
    this.#progress?.end();
    this.#trimmer.stop();
    // What is left to relay, others relay: none is made from now on.
    this.#outbox?.end();
    this.#shape.end();
    this.#signals.end().catch((error) => this.events.failed(asError(error)));
  }

  /** Why it was not held any more when it was to be settled. */
  protected override async notHeld(held: HeldDelivery<Body>): Promise<Error> {
    await this.#readCancelled();
    return super.notHeld(held);
  }

  /** That of the queue comes first, because it holds for all. */
  #pauseIn({ paused }: Shape): PauseInForce | undefined {
    const { ownPause, consumer } = this;
    if (paused) return { ...paused, consumer: undefined };
    return ownPause && { ...ownPause, consumer };
  }

  #cancelIfNamed(held: HeldDelivery<Body>, reasons: Map<number, string>): void {
    const reason = reasons.get(held.number);
    if (reason === undefined) return;
    reasons.delete(held.number);
    const error = new CancelledError({ id: held.named.id, reason });
    this.#behind.remove(held);
    this.#behind.returnAfter(held);
    held.lose(error);
    this.ackWaiters.reject([held], error);
    this.wasSettled(held);
    this.#recorder.settled(held as HeldDelivery, 'cancelled');
    this.events.cancelled(held, error);
  }

  /** Members of flows that were cancelled end, and their handlers learn that by the signal. */
  #cancelMembers(deliveries: readonly HeldDelivery<Body>[]): void {
    for (const held of deliveries) {
      const flow = held.isSettled ? undefined : flowOfHeld(held);
      if (flow === undefined || !this.#cancelledFlows.has(flow)) continue;
      const error = new CancelledError({ id: held.named.id, reason: 'its flow was cancelled' });
      held.memberOf = flow;
      this.#behind.remove(held);
      this.#behind.returnAfter(held);
      held.lose(error);
      this.ackWaiters.reject([held], error);
      this.#endMember(held).catch((failure) => {
        if (!isRedpostError(failure, 'LEASE_LOST') && !isRedpostError(failure, 'CANCELLED')) {
          this.failed(asError(failure));
        }
      });
      this.events.cancelled(held, error);
    }
  }

  async #endMember(held: HeldDelivery<Body>): Promise<void> {
    held.measure();
    await this.settle(held, this.#addFinish(held, 'cancelled'));
    this.#recorder.settled(held as HeldDelivery, 'cancelled');
    this.#tellFlow(held);
  }

  toldFlows(flows: ReadonlySet<string>): void {
    for (const name of flows) this.#tellFlow({ memberOf: name });
  }

  /** A member of a flow has ended. */
  #tellFlow({ memberOf }: Pick<HeldDelivery, 'memberOf'>): void {
    const flow = memberOf === undefined ? undefined : flowNameIn(memberOf);
    if (flow) this.#relay(flow.queue);
  }

  /** Relays what was sent to the queue or partition with this list. */
  #relay(target: string): void {
    this.#openOutbox().relay(target);
  }

  #openOutbox(): Outbox {
    if (!this.#outbox) {
      this.#outbox = new Outbox(this.#context, (error) => this.failed(error));
      if (this.isOver) this.#outbox.end();
    }
    return this.#outbox;
  }

  #noteAcked(held: HeldDelivery<Body>): void {
    this.#recorder.acked(held as HeldDelivery);
    if (this.events.hearsAcked) {
      this.events.acked?.(held, handlingTimes(held as HeldDelivery, this.serverNow));
    }
  }

  async #readCancelled(): Promise<void> {
    try {
      await this.#cancellations.read();
    } catch (error) {
      this.failed(asError(error));
    }
  }

  protected override wasSettled(held: HeldDelivery<Body>): void {
    // For that, Redis takes all batches apart.
    this.#source.acks.comeApart();
    super.wasSettled(held);
  }
}

/** The flow that a message is a member of, as its header names it: it may not be readable. */
function flowOfHeld(held: HeldDelivery): string | undefined {
  try {
    return held.envelope.flow;
  } catch {
    return undefined;
  }
}
