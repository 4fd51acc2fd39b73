import { asError } from '@redpost/core';
import {
  type LeaseEvents,
  LeaseSession,
  newConsumerName,
  performance,
  type Renewal,
  Settling,
  Signals,
  within,
} from '@redpost/core/consuming';
import type { QueueContext } from '../context.js';
import { Promoter } from '../due/promoter.js';
import type { Slice } from '../message/slice.js';
import type { Shape } from '../shape/shape.js';
import { ShapeFollower } from '../shape/shape-follower.js';
import { ListStore, type Recovery } from '../store/list-store.js';
import type { SessionOptions } from './consume-options.js';
import { HeldDelivery } from './delivery.js';
import { Feed } from './feed.js';

/** What works on what a session leases. */
export interface SessionHost<Body> extends LeaseEvents<HeldDelivery<Body>, Recovery> {
  /** The queue has this shape. Resolves when it is in force here. */
  reshaped(shape: Shape): Promise<void>;
}

/** One life of a consumer of a queue: see {@link LeaseSession}. */
export class Session<Body = unknown> extends LeaseSession<
  HeldDelivery<Body>,
  Recovery,
  ListStore,
  SessionHost<Body>
> {
  protected readonly feed: Feed<HeldDelivery<Body>>;
  readonly #context: QueueContext<Body>;
  readonly #promoter: Promoter;
  readonly #signals: Signals;
  readonly #shape: ShapeFollower;
  readonly #former: Promise<void>;

  /**
   * @param former resolves when the session before this one, which was lost, has returned the messages that it
   *   still had: those are older than all that is leased here.
   */
  constructor(
    context: QueueContext<Body>,
    options: SessionOptions,
    events: SessionHost<Body>,
    former: Promise<void> = Promise.resolve(),
  ) {
    const store = new ListStore(context as QueueContext, newConsumerName(options.leaseMs), options);
    super(context.connection, store, options, events);
    this.#context = context;
    this.#former = former;
    this.#signals = new Signals(context.connection, context.keys.signal, this);
    this.#promoter = new Promoter(context as QueueContext, this);
    this.#shape = new ShapeFollower(store, this);
    this.feed = this.#createFeed(options);
  }

  /** The server's time, in ms since 1970. */
  get serverNow(): number {
    return this.feed.serverNow;
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
    await this.#former;
    return super.open(isWanted);
  }

  acknowledge(held: HeldDelivery<Body>, isExpired = false): void {
    if (!this.isOver) this.feed.ack(held, isExpired);
  }

  /** What a blocking move has brought cannot be settled before the server knows its receipt. */
  override async retry(held: HeldDelivery<Body>, delayMs: number): Promise<void> {
    const adopted = this.feed.adopted(held.number);
    if (adopted) await adopted;
    await super.retry(held, delayMs);
    if (delayMs === 0) this.feed.returnedAdded();
  }

  override async deadLetter(
    held: HeldDelivery<Body>,
    reason: string,
    error: string,
  ): Promise<void> {
    const adopted = this.feed.adopted(held.number);
    if (adopted) await adopted;
    await super.deadLetter(held, reason, error);
  }

  /** Returns these messages to the queue; it does not count as an attempt. */
  override async returnUnfinished(deliveries: readonly HeldDelivery<Body>[]): Promise<void> {
    await Promise.all(deliveries.map(({ number }) => this.feed.adopted(number)));
    if (this.isOver || deliveries.length === 0) return;
    await super.returnUnfinished(deliveries);
    this.feed.returnedAdded();
  }

  /** Ends the blocking move. With no demand, nothing more is taken then. */
  endWait(): Promise<void> {
    return this.feed.endWait();
  }

  override async leave(timeoutMs: number): Promise<void> {
    await Promise.all([within(this.#former, timeoutMs), super.leave(timeoutMs)]);
  }

  override beat(renewal: Renewal): void {
    super.beat(renewal);
    // It makes up for signals that may have been lost.
    this.feed.suspectsAdded();
    this.feed.returnedAdded();
    this.#shape.heard(renewal.shape ?? '');
  }

  /** The queue has this shape: what is taken from now on complies with it. */
  reshape(shape: Shape): void {
    this.feed.reshape(shape);
  }

  /** Does what else follows from the shape. Resolves when it is in force here. */
  putInForce(shape: Shape): Promise<void> {
    return this.events.reshaped(shape);
  }

  /** Messages that were delayed may be taken now. */
  promoted(): void {
    this.feed.returnedAdded();
  }

  heard(signal: string): void {
    if (this.isOver) return;
    const mayHaveMissedSome = signal === 'subscribed' || signal === 'resumed';
    if (mayHaveMissedSome || signal === 'suspects') this.feed.suspectsAdded();
    if (mayHaveMissedSome || signal === 'returned') this.feed.returnedAdded();
    if (mayHaveMissedSome || signal === 'delayed') void this.#promoter.check();
    if (mayHaveMissedSome || signal === 'shape') this.#shape.check();
  }

  protected async begin(): Promise<boolean> {
    const takenAt = performance.now();
    const lease = await this.store.take();
    if (!lease || this.isOver) return false;
    void this.recoverer.recover(lease.overdue);
    await this.heartbeat.start(takenAt);
    if (this.isOver) return false;
    this.#shape.start(lease.shape ?? '');
    void this.#signals.listen();
    void this.#promoter.check();
    this.feed.start();
    return true;
  }

  protected giveUpLease(timeoutMs?: number): Promise<void> {
    return this.store.leave(this.feed.mayBeBlocked, timeoutMs);
  }

  /**
   * The consumer that recovered this one has what it held. But Redis may have forgotten it altogether
   * (FLUSHALL, a restart without its data), and a blocking move may have brought a message since,
   * of which nobody else knows. While Redis is away this waits.
   */
  protected override async returnLeftOver(): Promise<void> {
    try {
      await this.feed.endWait();
      await new Settling(() => false).repeat(() => this.giveUpLease());
    } catch (error) {
      this.events.failed(asError(error));
    }
  }

  protected override end(): void {
    super.end();
    this.#promoter.stop();
    this.#shape.end();
    this.#signals.end().catch((error) => this.events.failed(asError(error)));
  }

  #createFeed({ from }: SessionOptions): Feed<HeldDelivery<Body>> {
    return new Feed(this.#context as QueueContext, {
      consumer: this.consumer,
      from,
      demand: () => this.events.demand(this),
      accept: (first, elements) => {
        this.events.accept(elements.map((element, at) => this.#hold(first + at, element)));
      },
      held: () => this.holding,
      acked: (deliveries) => this.acked(deliveries),
      unconfirmed: (deliveries, error) => this.unconfirmed(deliveries, error),
      drained: (epoch, isGated) => this.events.drained(epoch, isGated),
      reshaped: () => this.#shape.check(),
      lost: () => this.lost(),
      failed: (error) => this.failed(error),
      isFresh: () => this.heartbeat.isFresh,
      ensureFresh: async () => this.heartbeat.isFresh || this.heartbeat.renew(),
    });
  }

  #hold(receipt: number, element: Slice): HeldDelivery<Body> {
    const held = new HeldDelivery<Body>(this, receipt, element);
    this.holding.add(held);
    return held;
  }
}
