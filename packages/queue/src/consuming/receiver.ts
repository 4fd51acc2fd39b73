import {
  asError,
  ClosedError,
  type Emitter,
  exponential,
  isRedpostError,
  longestTimerMs,
  type NamesOf,
  refuseUnknownOptions,
  type WrongTypeError,
  wholeNumber,
} from '@redpost/core';
import {
  clearTimeout,
  describeConsumer,
  messageOf,
  onAbort,
  outsideContext,
  performance,
  setTimeout,
  stackOf,
  stepAfter,
  ToldSeldom,
  UnheardDeadLetters,
  unreadableReason,
  within,
} from '@redpost/core/consuming';
import type { QueueContext } from '../context.js';
import type { Division } from '../partitions/division.js';
import type { Partitions } from '../partitions/partitions.js';
import type { QueueEvents } from '../queue-events.js';
import { failureJson } from '../results/failure-json.js';
import { PauseReports } from '../shape/pause-reports.js';
import type { PauseInForce, Shape } from '../shape/shape.js';
import { version } from '../version.js';
import { type LeaseOptions, sessionOptions } from './consume-options.js';
import { ConsumedList, ConsumedLists } from './consumed-lists.js';
import type { Delivery, HeldDelivery } from './delivery.js';
import { keepOwn } from './keep-own.js';
import { type FormerSession, Session, type SessionHost } from './session.js';

/** How long to wait for a message. */
export interface ReceiveOptions {
  /** How long to wait for a message, in ms. Default: no limit; 0 does not wait. */
  timeoutMs?: number | undefined;
  /** Ends the wait. A message that was taken for it returns to the queue. */
  signal?: AbortSignal | undefined;
}

const optionNames: NamesOf<ReceiveOptions> = { timeoutMs: true, signal: true };

interface Waiter<Body> {
  resolve(delivery: Delivery<Body> | undefined): void;
  reject(error: unknown): void;
  /** Its time is up, but Redis has not yet been asked for it. */
  isOverdue: boolean;
  /**
   * The lists that Redis was not asked for a message since it came, and in each the epoch that began with it: see
   * `Feed.pollAgain`. 0 if it came before this session.
   */
  readonly unasked: Map<ConsumedList<Body>, number>;
}

const leaveMs = 2000;

/** Hands out messages one by one to those who ask for them. */
export class Receiver<Body = unknown> {
  readonly #context: QueueContext<Body>;
  readonly #partitions: Partitions;
  readonly #lists = new ConsumedLists<Body>();
  readonly #options: ReturnType<typeof sessionOptions>;
  readonly #events: Emitter<QueueEvents<Body>>;
  readonly #waiters: Waiter<Body>[] = [];
  readonly #told = new ToldSeldom();
  readonly #unheard: UnheardDeadLetters;
  readonly #pauseReports: PauseReports;
  /** How many messages are being read: those who wait first will get them. */
  #reading = 0;
  #closed: Promise<void> | undefined;
  /** Resolves when what has come was handed out. */
  #handedOut: Promise<void> = Promise.resolve();

  constructor(partitions: Partitions, options: LeaseOptions, events: Emitter<QueueEvents<Body>>) {
    const context = partitions.main as QueueContext<Body>;
    this.#context = context;
    this.#partitions = partitions;
    const about = describeConsumer({ version, runs: 'receive', concurrency: 1 });
    this.#options = { ...sessionOptions(options), about };
    this.#events = events;
    this.#unheard = new UnheardDeadLetters(`queue ${context.name}`, 'unreadable');
    this.#pauseReports = new PauseReports(
      (paused) => events.emit('paused', paused),
      () => events.emit('resumed', undefined),
    );
    // It serves all who ask, each of them perhaps in another context.
    outsideContext(() => this.#receiveFrom(context, 0));
  }

  /** Resolves to undefined when the time is up. */
  async receive(options: ReceiveOptions): Promise<Delivery<Body> | undefined> {
    refuseUnknownOptions('receive()', options, optionNames);
    const { timeoutMs, signal } = options;
    if (this.#isClosed) throw new ClosedError('The queue is closed');
    signal?.throwIfAborted();
    if (timeoutMs !== undefined) {
      wholeNumber('timeoutMs', timeoutMs, { min: 0, max: longestTimerMs });
    }
    return new Promise((resolve, reject) => {
      const settled = () => {
        clearTimeout(timer);
        forget();
      };
      const waiter: Waiter<Body> = {
        resolve(delivery) {
          settled();
          resolve(delivery);
        },
        reject(error) {
          settled();
          reject(error);
        },
        isOverdue: false,
        unasked: new Map(),
      };
      const onTimeout = () => {
        waiter.isOverdue = true;
        if (waiter.unasked.size === 0) this.#give(waiter, () => waiter.resolve(undefined));
        else for (const { session } of this.#lists) void session.endWait();
      };
      const timer = timeoutMs === undefined ? undefined : setTimeout(onTimeout, timeoutMs);
      const forget = onAbort(signal, () => this.#give(waiter, () => waiter.reject(signal?.reason)));
      this.#waiters.push(waiter);
      for (const list of this.#lists) waiter.unasked.set(list, list.session.pollAgain());
    });
  }

  /** Rejects all waiting calls, and returns the messages that were not settled. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  get #isClosed(): boolean {
    return this.#closed !== undefined;
  }

  async #close(): Promise<void> {
    const closed = new ClosedError('The queue is closed');
    for (const { reject } of this.#waiters.splice(0)) reject(closed);
    this.#unheard.end();
    await Promise.all(this.#lists.sessions.map((session) => this.#leave(session)));
  }

  async #leave(session: Session<Body>): Promise<void> {
    try {
      await within(session.endWait(), leaveMs);
      await within(session.flushed(), leaveMs);
      await session.leave(leaveMs);
    } catch (error) {
      if (!isRedpostError(error, 'CLOSED')) this.#events.emit('error', asError(error));
    }
  }

  /** Messages may come from this list, too. */
  #receiveFrom(context: QueueContext<Body>, at: number): void {
    const list = new ConsumedList(context, at);
    this.#lists.add(list);
    for (const { unasked } of this.#waiters) unasked.set(list, 0);
    this.#openSession(list);
  }

  #openSession(list: ConsumedList<Body>, former?: FormerSession): void {
    const events: SessionHost<Body> = {
      demand: () => this.#waiters.length - this.#reading - this.#lists.requested,
      answered: () => {
        // What this call asked for and did not bring, the others may bring.
        if (this.#lists.count > 1) this.#lists.pump();
      },
      accept: (deliveries) => {
        const accept = (own: readonly HeldDelivery<Body>[]) => {
          this.#reading += own.length;
          // One answer after the other, or messages would overtake each other.
          this.#handedOut = outsideContext(() =>
            this.#handedOut.then(() => this.#accept(session, own)),
          );
        };
        const giveBack = (unknown: HeldDelivery<Body>[]) => session.returnUnfinished(unknown);
        accept(keepOwn(this.#partitions, list.at, deliveries, { accept, giveBack }));
      },
      drained: (epoch) => void this.#drained(list, session, epoch),
      divided: (division) => this.#divided(division),
      reshaped: (shape, paused) => this.#reshaped(list, shape, paused),
      keysLeaseAhead: () => {},
      roomUnderLimits: () => {},
      renewed: () => {},
      lost: (_, deliveries, returned) => this.#lost(list, deliveries, returned),
      cancelled: (delivery, error) => this.#events.emit('cancelled', { delivery, error }),
      recovered: (recovery) => this.#events.emit('recovered', recovery),
      failed: (error) => this.#failed(error),
    };
    // A name is never used twice.
    const name = former ? undefined : this.#lists.nameFor(list);
    const session = new Session(list.context, { ...this.#options, name }, events, former);
    list.session = session;
    void session.open(() => !this.#isClosed);
  }

  /** The list of the queue's name tells how the queue is divided. */
  #divided(division: Division): void {
    this.#partitions.heard(division);
    const { known } = this.#partitions;
    for (let at = this.#lists.count; at < known.length && !this.#isClosed; at += 1) {
      this.#receiveFrom(known[at] as QueueContext<Body>, at);
    }
  }

  async #accept(session: Session<Body>, deliveries: readonly HeldDelivery<Body>[]): Promise<void> {
    const unwanted: HeldDelivery<Body>[] = [];
    for (const held of deliveries) {
      if (await this.#handOut(session, held)) this.#reading -= 1;
      else unwanted.push(held);
    }
    // Together, so that they keep their order; and until then nobody asks for what is behind them.
    await session.returnUnfinished(unwanted).catch((error) => this.#failed(asError(error)));
    this.#reading -= unwanted.length;
    // Of the session there is now: that one may be lost.
    this.#lists.pump();
  }

  /** Resolves to false when nobody waits for it. */
  async #handOut(session: Session<Body>, held: HeldDelivery<Body>): Promise<boolean> {
    try {
      if (!(await this.#isReadable(session, held)) || held.isSettled) return true;
    } catch (error) {
      // Of this one: those behind it must not wait for the end of the lease.
      this.#failed(asError(error));
      return true;
    }
    if (held.startBy !== undefined && held.startBy < performance.now()) return false;
    const waiter = this.#waiters.shift();
    if (!waiter) return false;
    // What follows is the time that its key is charged for.
    held.startedAt = performance.now();
    if (held.timeoutMs !== undefined) {
      held.limitTime(held.timeoutMs, (error) => void this.#timedOut(session, held, error));
    }
    waiter.resolve(held);
    return true;
  }

  /** What cannot be read is not handed out, but becomes a dead letter. */
  async #isReadable(session: Session<Body>, held: HeldDelivery<Body>): Promise<boolean> {
    try {
      const opening = held.open(this.#context, session);
      if (opening) await opening;
      void held.envelope;
      return true;
    } catch (thrown) {
      const error = asError(thrown);
      if (!held.claim()) return false;
      if (isRedpostError(error, 'EXPIRED')) {
        this.#events.emit('expired', { delivery: held });
        if (this.#options.onExpired === 'forget') session.acknowledge(held, true);
        else await session.deadLetter(held, 'expired', '');
        return false;
      }
      const reason = unreadableReason(error) ?? 'failed';
      if (held.keepsResult) held.failure = failureJson(error);
      held.tolerate();
      if (!this.#events.hasListeners('unreadable')) this.#unheard.add(error);
      this.#events.emit('unreadable', { delivery: held, error });
      await session.deadLetter(held, reason, messageOf(error), stackOf(error));
      return false;
    }
  }

  /** Who has received it has had it for too long. */
  async #timedOut(session: Session<Body>, held: HeldDelivery<Body>, error: Error): Promise<void> {
    if (held.keepsResult) held.failure = failureJson(error);
    const policy = { maxAttempts: this.#options.maxAttempts, backoff: exponential() };
    const next = stepAfter(held.attempt, policy, (failure) => this.#failed(failure));
    try {
      if (next.action === 'retry') await session.retry(held, next.delayMs);
      else await session.deadLetter(held, next.reason, messageOf(error), stackOf(error));
    } catch (failure) {
      if (!isRedpostError(failure, 'LEASE_LOST')) this.#failed(asError(failure));
    }
  }

  /** Nobody is sent away while what came with the same answer is being handed out. */
  async #drained(list: ConsumedList<Body>, session: Session<Body>, epoch: number): Promise<void> {
    await this.#handedOut;
    if (session !== list.session) return;
    for (const waiter of [...this.#waiters]) {
      if ((waiter.unasked.get(list) ?? 0) <= epoch) waiter.unasked.delete(list);
      if (waiter.isOverdue && waiter.unasked.size === 0) {
        this.#give(waiter, () => waiter.resolve(undefined));
      }
    }
  }

  /** What is being handed out when the queue is paused had been taken before: it still goes out. */
  async #reshaped(
    list: ConsumedList<Body>,
    { limitedUntil }: Shape,
    paused: PauseInForce | undefined,
  ): Promise<void> {
    const { session } = list;
    if (paused || limitedUntil) {
      await session.endWait();
      await session.flushed();
      await this.#handedOut;
    }
    if (list === this.#lists.first) this.#pauseReports.inForce(paused);
  }

  #lost(
    list: ConsumedList<Body>,
    deliveries: readonly HeldDelivery<Body>[],
    returned: Promise<void>,
  ): void {
    if (!this.#isClosed) {
      for (const { unasked } of this.#waiters) if (unasked.has(list)) unasked.set(list, 0);
      this.#openSession(list, { returned, ownPause: list.session.ownPause });
    }
    if (deliveries.length > 0) this.#events.emit('lost', { deliveries });
  }

  /** Those whose time is up learn why nothing came; the others go on waiting. */
  #failed(error: Error): void {
    if (this.#told.isDue(error)) this.#events.emit('error', error);
    const isFinal = isRedpostError(error, 'CLOSED');
    // No waiting helps against it.
    const isHopeless = isFinal || this.#isNoQueue(error);
    for (const waiter of [...this.#waiters]) {
      if (isHopeless || waiter.isOverdue) this.#give(waiter, () => waiter.reject(error));
    }
    if (isFinal) void this.close();
  }

  /** True when it is the list itself that is of another type, or of another system. */
  #isNoQueue(error: Error): boolean {
    if (isRedpostError(error, 'NAME_TAKEN')) return true;
    const { list } = this.#context.keys;
    return isRedpostError(error, 'WRONG_TYPE') && (error as WrongTypeError).key === list;
  }

  /** Lets a waiter go; the blocking move ends when it was the last one. */
  #give(waiter: Waiter<Body>, settle: () => void): void {
    const at = this.#waiters.indexOf(waiter);
    if (at < 0) return;
    this.#waiters.splice(at, 1);
    settle();
    this.#lists.pump();
  }
}
