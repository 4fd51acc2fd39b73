import { asError, ClosedError } from '@redpost/core';
import {
  AckWaiters,
  Heartbeat,
  HeldList,
  LeaseLostError,
  newConsumerName,
  pause,
  performance,
  Recoverer,
  ReturnedError,
  Settlements,
  type Settler,
  Settling,
  Signals,
  within,
} from '@redpost/core/consuming';
import type { QueueContext } from '../context.js';
import { Promoter } from '../due/promoter.js';
import type { Slice } from '../message/slice.js';
import { leave } from '../scripts/leave.js';
import type { Shape } from '../shape/shape.js';
import { ShapeFollower } from '../shape/shape-follower.js';
import { ListStore, type Recovery } from '../store/list-store.js';
import type { SessionOptions } from './consume-options.js';
import { HeldDelivery } from './delivery.js';
import { Feed } from './feed.js';

/** The consumer that works on what a session leases. */
export interface SessionHost<Body> {
  /** How many more messages are wanted now. */
  demand(): number;
  accept(deliveries: HeldDelivery<Body>[]): void;
  /** Redis has confirmed the lease. */
  renewed?(): void;
  /** @param isGated what there is may not be taken now. */
  drained(epoch: number, isGated: boolean): void;
  /** The queue has this shape. Resolves when it is in force here. */
  reshaped(shape: Shape): Promise<void>;
  /**
   * The lease was lost, and with it these deliveries. The session is over.
   *
   * @param returned resolves when all that Redis still has under its name is back in the queue.
   */
  lost(deliveries: HeldDelivery<Body>[], returned: Promise<void>): void;
  recovered(recovery: Recovery): void;
  failed(error: Error): void;
}

const reopenPauseMs = 250;

/**
 * One life of a consumer: it takes a lease under a name never used before, leases messages, and
 * ends by leaving or by losing the lease. A consumer that goes on after a loss opens a new session, so a
 * receipt of the old one can never be mistaken for one of the new.
 *
 * States: open -> over (left or lost).
 */
export class Session<Body = unknown> implements Settler {
  readonly consumer: string;
  running = 0;
  readonly #context: QueueContext<Body>;
  readonly #options: SessionOptions;
  readonly #host: SessionHost<Body>;
  readonly #held = new HeldList<HeldDelivery<Body>>();
  readonly #ackWaiters = new AckWaiters<HeldDelivery<Body>>();
  readonly #store: ListStore;
  readonly #heartbeat: Heartbeat;
  readonly #promoter: Promoter;
  readonly #recoverer: Recoverer<Recovery>;
  readonly #settlements: Settlements<HeldDelivery>;
  readonly #feed: Feed<HeldDelivery<Body>>;
  readonly #signals: Signals;
  readonly #shape: ShapeFollower;
  #isOver = false;
  /** Resolve when nothing is left under the name of the session before this one, and of this one. */
  #former: Promise<void> = Promise.resolve();
  #returned: Promise<void> = Promise.resolve();

  constructor(context: QueueContext<Body>, options: SessionOptions, host: SessionHost<Body>) {
    this.consumer = newConsumerName(options.leaseMs);
    this.#context = context;
    this.#options = options;
    this.#host = host;
    const failed = (error: Error) => this.#failed(error);
    this.#store = new ListStore(context as QueueContext, this.consumer, options);
    this.#heartbeat = new Heartbeat(context.connection, this.#store, options, {
      // It may have come back with what it knew some time ago, and forgotten acknowledgements. What
      // it has forgotten to be leased comes again by itself.
      resumed: () => this.#feed.doubt(),
      beat: ({ held, shape = '' }) => {
        // The same, where the connection did not notice it: one to a Cluster outlives a node.
        if (this.#feed.isQuiet && held > this.#held.size) this.#feed.doubt();
        // It makes up for signals that may have been lost.
        this.#feed.suspectsAdded();
        this.#feed.returnedAdded();
        this.#shape.heard(shape);
        host.renewed?.();
      },
      lost: () => this.#lose(),
      overdue: (consumers) => void this.#recoverer.recover(consumers),
      failed,
    });
    this.#signals = new Signals(context.connection, context.keys.signal, {
      heard: (signal) => this.#signalled(signal),
      failed,
    });
    this.#promoter = new Promoter(context as QueueContext, {
      promoted: () => this.#feed.returnedAdded(),
      failed,
    });
    this.#recoverer = new Recoverer(this.#store, {
      recovered: (recovery) => host.recovered(recovery),
      failed,
    });
    this.#settlements = new Settlements(this.#store, () => this.#isOver);
    this.#feed = this.#createFeed();
    this.#shape = this.#createShapeFollower();
  }

  /** The server's time, in ms since 1970. */
  get serverNow(): number {
    return this.#feed.serverNow;
  }

  /** False when others may have what is held here. @param now by `performance.now()`. */
  isFreshAt(now: number): boolean {
    return this.#heartbeat.isFreshAt(now);
  }

  /**
   * Takes the lease and begins. While Redis cannot be asked it tries again, as long as wanted.
   *
   * @param former resolves when the session before this one, which was lost, has returned the messages that it
   *   still had: those are older than all that is leased here.
   */
  async open(isWanted: () => boolean, former = Promise.resolve()): Promise<void> {
    this.#former = former;
    await former;
    while (isWanted()) {
      try {
        await this.#takeLease();
        return this.#begin();
      } catch (error) {
        this.#failed(asError(error));
        await pause(reopenPauseMs);
      }
    }
  }

  /** What was accepted and is not known to be settled, oldest first. */
  get held(): Iterable<HeldDelivery<Body>> {
    return this.#held;
  }

  /** There is new demand. */
  pump(): void {
    this.#feed.pumpSoon();
  }

  /** There is new demand, by a caller that waits for nothing else: see `Feed.pollAgain`. */
  pollAgain(): number {
    return this.#feed.pollAgain();
  }

  acknowledge(held: HeldDelivery<Body>, expired = false): void {
    if (!this.#isOver) this.#feed.ack(held, expired);
  }

  confirmAck(held: HeldDelivery<Body>): Promise<void> {
    if (this.#isOver) return Promise.reject(new LeaseLostError(held.named));
    this.#feed.ack(held);
    return this.#ackWaiters.wait(held);
  }

  async retry(held: HeldDelivery<Body>, delayMs: number): Promise<void> {
    await this.#settle(held, () => this.#settlements.retry(held as HeldDelivery, delayMs));
    if (delayMs === 0) this.#feed.returnedAdded();
  }

  async deadLetter(held: HeldDelivery<Body>, reason: string, error: string): Promise<void> {
    await this.#settle(held, () =>
      this.#settlements.deadLetter(held as HeldDelivery, reason, error),
    );
  }

  /** Returns these messages to the queue; it does not count as an attempt. */
  async returnUnfinished(deliveries: readonly HeldDelivery<Body>[]): Promise<void> {
    await Promise.all(deliveries.map(({ number }) => this.#feed.adopted(number)));
    if (this.#isOver || deliveries.length === 0) return;
    await this.#settlements.repeat(() =>
      this.#store.returnUnfinished(deliveries as HeldDelivery[]),
    );
    for (const held of deliveries) {
      this.#held.remove(held);
      this.#feed.settled(held.number);
    }
    this.#feed.returnedAdded();
  }

  renew(): Promise<boolean> {
    return this.#isOver ? Promise.resolve(false) : this.#heartbeat.renew();
  }

  /** Ends the blocking move. With no demand, nothing more is taken then. */
  endWait(): Promise<void> {
    return this.#feed.endWait();
  }

  /** Resolves when everything that was settled is confirmed. */
  async flushed(): Promise<void> {
    await this.#settlements.idle();
    await this.#feed.idle();
    // What had to wait until its receipt is known has only now been sent.
    await this.#settlements.idle();
  }

  /** Gives up the lease; the messages that are still held return to the queue. */
  async leave(timeoutMs: number): Promise<void> {
    if (this.#isOver) {
      await within(this.#returned, timeoutMs);
      return;
    }
    this.#end();
    const unconfirmed = new ClosedError('The consumer was stopped', { outcome: 'unknown' });
    this.#forget(
      (held) => new ReturnedError(held.named),
      () => unconfirmed,
    );
    await Promise.all([within(this.#former, timeoutMs), this.#giveUpLease(timeoutMs)]);
  }

  async #giveUpLease(timeoutMs?: number): Promise<void> {
    const { connection, keys } = this.#context;
    const { mayBeBlocked } = this.#feed;
    const input = { keys, consumer: this.consumer, mayBeBlocked };
    await connection.run(leave, input, timeoutMs === undefined ? {} : { timeoutMs });
  }

  async #takeLease(): Promise<void> {
    const takenAt = performance.now();
    const lease = await this.#store.take();
    if (!lease || this.#isOver) return;
    void this.#recoverer.recover(lease.overdue);
    await this.#heartbeat.start(takenAt);
    this.#shape.start(lease.shape ?? '');
  }

  #begin(): void {
    if (this.#isOver) return;
    void this.#signals.listen();
    void this.#promoter.check();
    this.#feed.start();
  }

  #createFeed(): Feed<HeldDelivery<Body>> {
    const host = this.#host;
    return new Feed(this.#context as QueueContext, {
      consumer: this.consumer,
      from: this.#options.from,
      demand: () => host.demand(),
      accept: (first, elements) => {
        host.accept(elements.map((element, at) => this.#hold(first + at, element)));
      },
      held: () => this.#held,
      acked: (deliveries) => this.#acked(deliveries),
      unconfirmed: (deliveries, error) => this.#ackWaiters.reject(deliveries, error),
      drained: (epoch, isGated) => host.drained(epoch, isGated),
      reshaped: () => this.#shape.check(),
      lost: () => this.#lose(),
      failed: (error) => this.#failed(error),
      isFresh: () => this.#heartbeat.isFresh,
      ensureFresh: async () => this.#heartbeat.isFresh || this.#heartbeat.renew(),
    });
  }

  #createShapeFollower(): ShapeFollower {
    return new ShapeFollower({
      read: () => this.#store.shape(),
      known: (shape) => this.#feed.reshape(shape),
      putInForce: (shape) => this.#host.reshaped(shape),
      confirm: (version) => {
        this.#store.confirmShape(version);
        return this.renew();
      },
      failed: (error) => this.#failed(error),
    });
  }

  #hold(receipt: number, element: Slice): HeldDelivery<Body> {
    const held = new HeldDelivery<Body>(this as Settler, receipt, element);
    this.#held.add(held);
    return held;
  }

  #acked(deliveries: readonly HeldDelivery<Body>[]): void {
    for (const held of deliveries) this.#held.remove(held);
    this.#ackWaiters.confirm(deliveries);
  }

  async #settle(held: HeldDelivery<Body>, settle: () => Promise<boolean>): Promise<void> {
    const adopted = this.#feed.adopted(held.number);
    if (adopted) await adopted;
    const wasHeld = await settle();
    this.#held.remove(held);
    this.#feed.settled(held.number);
    if (wasHeld) return;
    this.#feed.doubt();
    throw new LeaseLostError(held.named);
  }

  #signalled(signal: string): void {
    if (this.#isOver) return;
    const mayHaveMissedSome = signal === 'subscribed' || signal === 'resumed';
    if (mayHaveMissedSome || signal === 'suspects') this.#feed.suspectsAdded();
    if (mayHaveMissedSome || signal === 'returned') this.#feed.returnedAdded();
    if (mayHaveMissedSome || signal === 'delayed') void this.#promoter.check();
    if (mayHaveMissedSome || signal === 'shape') this.#shape.check();
  }

  #lose(): void {
    if (this.#isOver) return;
    this.#end();
    const lostBy = (held: HeldDelivery<Body>) => new LeaseLostError(held.named);
    const lost = this.#forget(lostBy, lostBy);
    this.#returned = this.#returnLeftOver();
    this.#host.lost(lost, this.#returned);
  }

  /** Tells those who work on what is held, or wait for an acknowledgement, that it is over. */
  #forget(
    lostBy: (held: HeldDelivery<Body>) => Error,
    unconfirmed: (held: HeldDelivery<Body>) => Error,
  ): HeldDelivery<Body>[] {
    const forgotten = this.#held.removeAll();
    for (const held of forgotten) held.lose(lostBy(held));
    this.#ackWaiters.rejectAll(unconfirmed);
    return forgotten;
  }

  /**
   * The consumer that recovered this one has what it held. But Redis may have forgotten it altogether
   * (FLUSHALL, a restart without its data), and a blocking move may have brought a message since,
   * of which nobody else knows. While Redis is away this waits.
   */
  async #returnLeftOver(): Promise<void> {
    try {
      await this.#feed.endWait();
      await new Settling(() => false).repeat(() => this.#giveUpLease());
    } catch (error) {
      this.#host.failed(asError(error));
    }
  }

  #end(): void {
    this.#isOver = true;
    this.#heartbeat.stop();
    this.#promoter.stop();
    this.#shape.end();
    this.#feed.end();
    this.#signals.end().catch((error) => this.#host.failed(asError(error)));
  }

  #failed(error: Error): void {
    if (!this.#isOver) this.#host.failed(error);
  }
}
