import {
  asError,
  Emitter,
  type HandlingTimes,
  isRedpostError,
  type NamesOf,
  TickBatch,
  type Unlisten,
  unlimited,
} from '@redpost/core';
import {
  IdleWatch,
  type NextStep,
  Outcomes,
  onAbort,
  performance,
  type StopOptions,
  Stopping,
  type StopSteps,
  ToldSeldom,
  type Turns,
  UnheardDeadLetters,
} from '@redpost/core/consuming';
import { isIdle } from '../admin/idle.js';
import type { QueueContext } from '../context.js';
import { RoomAhead } from '../limiting/room-ahead.js';
import { failureJson } from '../results/failure-json.js';
import { PauseReports } from '../shape/pause-reports.js';
import type { PauseInForce, Shape } from '../shape/shape.js';
import type { Recovery } from '../store/list-store.js';
import type { CancelledError } from './cancelled-error.js';
import type { CheckedConsume } from './consume-options.js';
import type { Delivery, HeldDelivery } from './delivery.js';
import { nextStep } from './failure.js';
import type { CreateHandlers, Handlers, HandlersHost } from './handlers.js';
import { type FormerSession, Session, type SessionHost } from './session.js';

/** Returning (or resolving) acknowledges; throwing (or rejecting) asks for a retry. */
export type Handler<Body> = (delivery: Delivery<Body>) => unknown;

/** A message that was acknowledged. */
export interface AckedMessage<Body> extends HandlingTimes {
  delivery: Delivery<Body>;
}

/** What a {@link Consumer} tells by `on()`. */
export interface ConsumerEvents<Body> {
  /** A message could not be read or handled; `next` is what happens to it. */
  failed: { delivery: Delivery<Body>; error: Error; next: NextStep };
  /** A message was not delivered in time (`ttlMs`): see `onExpired`. Its body was not read. */
  expired: { delivery: Delivery<Body> };
  /** The lease was lost: these messages are delivered again, even if they were handled. */
  lost: { deliveries: readonly Delivery<Body>[] };
  /** Past the deadline of `stop()`: these messages are delivered again, even if their handlers finish. */
  returned: { deliveries: readonly Delivery<Body>[] };
  /** A message that this consumer had was cancelled: nothing that its handler does with it changes anything. */
  cancelled: { delivery: Delivery<Body>; error: CancelledError };
  /**
   * Messages were handled and acknowledged, in one tick of the event loop: how long each waited until its handler began,
   * from when it was sent by the producer's clock (undefined for a bare payload), and how long its handler had it. Redis
   * learns of them with the next call.
   */
  acked: { messages: readonly AckedMessage<Body>[] };
  /** The messages of a consumer that had died were returned to the queue. */
  recovered: Recovery;
  /** The queue was found empty. */
  drained: undefined;
  /**
   * The queue is idle: nothing is pending, active or delayed. Told once, and again after more messages have come here. Looked
   * for only while there is a listener, at intervals of up to half a second.
   */
  idle: undefined;
  /** The queue, or this consumer by `pauseConsumer()`, was paused: nothing starts here any more. */
  paused: PauseInForce;
  /** Neither the queue nor this consumer is paused any more. */
  resumed: undefined;
  /** Something failed in the background, e.g. Redis was away. The consumer goes on. */
  error: Error;
  /** It was stopped. Nothing follows. */
  stopped: undefined;
}

const eventNames: NamesOf<ConsumerEvents<unknown>> = {
  acked: true,
  idle: true,
  failed: true,
  expired: true,
  lost: true,
  cancelled: true,
  recovered: true,
  returned: true,
  drained: true,
  paused: true,
  resumed: true,
  error: true,
  stopped: true,
};

/** How many messages of one key are taken together at most. */
const longestRun = 16;

/**
 * Calls a handler for each message, many at a time.
 *
 * States: running -> stopping (takes nothing more, lets handlers finish) -> stopped.
 */
export class Consumer<Body = unknown> implements AsyncDisposable {
  readonly #context: QueueContext<Body>;
  readonly #options: CheckedConsume;
  readonly #events = new Emitter<ConsumerEvents<Body>>(eventNames);
  readonly #outcomes: Outcomes<HeldDelivery<Body>>;
  readonly #handlers: Handlers<Body>;
  readonly #turns: Turns | undefined;
  /** What was acknowledged in this tick, where somebody listens. */
  readonly #acked = new TickBatch<AckedMessage<Body>>(unlimited, (messages) => {
    this.#events.emit('acked', { messages });
  });
  readonly #idle: IdleWatch;
  readonly #told = new ToldSeldom();
  readonly #unheard: UnheardDeadLetters;
  #session: Session<Body>;
  /** While what waits for a handler is being returned. */
  #returning: Promise<void> | undefined;
  /** By `pause()`. */
  #isPaused = false;
  /** As the shape of the queue says. */
  #isStill = false;
  readonly #pauseReports = new PauseReports(
    (paused) => this.#events.emit('paused', paused),
    () => this.#events.emit('resumed', undefined),
  );
  /** Whether it may take messages ahead of its handlers, as far as the shape of the queue says. */
  #leasesAhead: Shape['leasesAhead'] = true;
  #keysLeaseAhead = true;
  readonly #roomAhead = new RoomAhead();
  readonly #stopping = new Stopping(() => this.#beginStop());

  /** @param turns shared with consumers of other queues, when the handlers are. */
  constructor(
    context: QueueContext<Body>,
    createHandlers: CreateHandlers<Body>,
    options: CheckedConsume & { signal?: AbortSignal | undefined },
    turns?: Turns,
  ) {
    this.#context = context;
    this.#turns = turns;
    this.#unheard = new UnheardDeadLetters(`queue ${context.name}`, 'failed');
    this.#idle = new IdleWatch(
      () => isIdle(context as QueueContext),
      () => this.#events.emit('idle', undefined),
      (error) => this.#failed(error),
    );
    this.#options = options;
    this.#outcomes = this.#createOutcomes();
    this.#handlers = createHandlers(this.#handlersHost());
    this.#session = this.#openSession();
    const { signal } = options;
    const stop = () => void this.stop();
    this.on('stopped', onAbort(signal, stop));
    if (signal?.aborted) stop();
  }

  /** Calls `listener` at every `event`; returns what removes it. */
  on<Event extends keyof ConsumerEvents<Body>>(
    event: Event,
    listener: (payload: ConsumerEvents<Body>[Event]) => void,
  ): Unlisten {
    const unlisten = this.#events.on(event, listener);
    if (event === 'acked') this.#sessionEvents.hearsAcked = true;
    if (event === 'idle') this.#idle.start();
    return unlisten;
  }

  /**
   * Takes nothing more and lets the handlers finish. Those that are not through at the deadline are
   * told by their signal and by the event `returned`, and their messages return to the queue, which
   * does not count as an attempt. Resolves when nothing is left to do, or Redis cannot be asked any
   * more. Further calls return the same promise; one with a `timeoutMs` can bring the deadline forward.
   *
   * In one of its own handlers it resolves at once, so that the handler can await it: the consumer
   * has stopped some time after that handler is through, as the event `stopped` tells.
   */
  stop(options: StopOptions = {}): Promise<void> {
    const stopped = this.#stopping.stop(options);
    return this.#handlers.isCaller ? Promise.resolve() : stopped;
  }

  /**
   * Starts no more handlers and takes nothing more, until `resume()` is called. Handlers that run are not disturbed.
   * Resolves when what had been taken ahead is back in the queue. Other consumers go on: `Queue.pause()` is for all.
   */
  async pause(): Promise<void> {
    this.#isPaused = true;
    this.#handlers.pause();
    await this.#returnWaiting();
  }

  /** Goes on after `pause()`; while the queue is paused, that comes first. */
  resume(): void {
    this.#isPaused = false;
    this.#goOn();
  }

  /** The same as `stop()`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  #handlersHost(): HandlersHost<Body> {
    const current = () => this.#session;
    return {
      get session() {
        return current();
      },
      open: (held) => this.#open(held),
      outcomes: this.#outcomes,
      finished: () => this.#session.pump(),
      stuck: () => void this.#returnWaiting(),
    };
  }

  #createOutcomes(): Outcomes<HeldDelivery<Body>> {
    return new Outcomes<HeldDelivery<Body>>({
      nextStep: (held, error) => {
        if (held.keepsResult) held.failure = failureJson(error);
        return nextStep(held as HeldDelivery, error, this.#options, (failure) =>
          this.#report(failure),
        );
      },
      failed: (delivery, error, next) => {
        const isDead = next.action === 'dead-letter';
        if (isDead && !this.#events.hasListeners('failed')) this.#unheard.add(error);
        this.#events.emit('failed', { delivery, error, next });
      },
      expired: (delivery) => {
        this.#events.emit('expired', { delivery });
        return this.#options.onExpired;
      },
      error: (error) => this.#report(error),
    });
  }

  #open(held: HeldDelivery<Body>): Promise<void> | undefined {
    const opening = held.open(this.#context, this.#session);
    const timeoutMs = held.timeoutMs ?? this.#options.timeoutMs;
    if (timeoutMs !== undefined) {
      held.limitTime(timeoutMs, (error) => void this.#outcomes.settleFailure(held, error));
    }
    return opening;
  }

  #beginStop(): StopSteps {
    const session = this.#session;
    this.#handlers.stop();
    return {
      quiet: () => this.#quiet(session),
      returnAhead: () => this.#return(this.#removeWaiting()),
      handlersDone: () => this.#handlers.done(),
      giveUp: () => this.#giveUp(session),
      flushed: () => session.flushed(),
      leave: (timeoutMs) => session.leave(timeoutMs),
      failed: (error) => this.#report(error),
      stopped: () => {
        this.#unheard.end();
        this.#idle.end();
        this.#events.emit('stopped', undefined);
      },
    };
  }

  #openSession(former?: FormerSession): Session<Body> {
    const session = new Session(
      this.#context,
      this.#options,
      this.#sessionEvents,
      former,
      this.#turns,
    );
    void session.open(() => !this.#stopping.hasBegun);
    return session;
  }

  readonly #sessionEvents = this.#createSessionEvents();

  #createSessionEvents(): SessionHost<Body> {
    return {
      hearsAcked: false,
      acked: (delivery, { waitMs, runMs }) => this.#acked.add({ delivery, waitMs, runMs }, 0),
      demand: (session: Session<Body>) => this.#demand(session),
      reserve: ({ behind }: Session<Body>) => (behind === 0 ? (this.#handlers.reserve ?? 0) : 0),
      answered: (roundTripMs) => this.#handlers.roundTrip?.(roundTripMs),
      accept: (deliveries) => {
        this.#idle.accepted();
        this.#handlers.accept(deliveries);
      },
      renewed: () => this.#handlers.goOn(),
      drained: (_, isGated = false) => {
        this.#handlers.drained?.(isGated);
        if (!isGated) this.#events.emit('drained', undefined);
      },
      reshaped: (shape, paused) => this.#reshaped(shape, paused),
      keysLeaseAhead: (mayLease) => {
        this.#keysLeaseAhead = mayLease;
        this.#leaseAhead();
      },
      roomUnderLimits: (room) => {
        const isCrowded = this.#roomAhead.found(room);
        this.#leaseAhead();
        if (isCrowded) void this.#returnWaiting();
      },
      runLength: () => this.#runLength(),
      lost: (_, deliveries, returned) => this.#lost(deliveries, returned),
      cancelled: (delivery, error) => this.#events.emit('cancelled', { delivery, error }),
      recovered: (recovery) => this.#events.emit('recovered', recovery),
      failed: (error) => this.#failed(error),
    };
  }

  /** As many as are taken ahead for each handler. */
  #runLength(): number {
    const { reserve = 0 } = this.#handlers;
    return Math.max(1, Math.min(Math.floor(reserve / this.#options.concurrency), longestRun));
  }

  #demand(session: Session<Body>): number {
    // What waits for the lease to be renewed comes before what is new.
    const isStale = !session.isFreshAt(performance.now());
    if (this.#stopping.hasBegun || this.#isPaused || this.#returning || isStale) return 0;
    const { free, idle = 0 } = this.#handlers;
    const { behind, requested } = session;
    // What waits for others of its key keeps no handler from other keys.
    return (behind === 0 ? free : Math.max(free - behind, idle)) - requested;
  }

  /** Puts in force what the queue has declared: the feed complies with it already. */
  async #reshaped(shape: Shape, paused: PauseInForce | undefined): Promise<void> {
    const { limitedUntil, leasesAhead, hasPausedKeys } = shape;
    const wasStill = this.#isStill;
    const isStill = paused !== undefined || limitedUntil !== undefined;
    this.#isStill = isStill;
    this.#leasesAhead = leasesAhead;
    this.#keysLeaseAhead = true;
    this.#roomAhead.reset();
    this.#leaseAhead();
    if (isStill) this.#handlers.pause();
    if (isStill || leasesAhead !== true || hasPausedKeys) await this.#returnWaiting();
    if (!isStill && wasStill) this.#goOn();
    this.#pauseReports.inForce(paused);
  }

  #leaseAhead(): void {
    const isRefused = !this.#leasesAhead || !this.#keysLeaseAhead;
    const most = this.#leasesAhead === 'in-room' ? this.#roomAhead.most : Number.POSITIVE_INFINITY;
    this.#handlers.leaseAhead(isRefused ? 0 : most);
  }

  #goOn(): void {
    if (this.#isPaused || this.#isStill) return;
    this.#handlers.resume();
    this.#session.pump();
  }

  #lost(deliveries: readonly HeldDelivery<Body>[], returned: Promise<void>): void {
    this.#handlers.removeWaiting();
    const { ownPause } = this.#session;
    if (!this.#stopping.hasBegun) this.#session = this.#openSession({ returned, ownPause });
    if (deliveries.length > 0) this.#events.emit('lost', { deliveries });
  }

  #report(error: Error): void {
    this.#events.emit('error', error);
  }

  #failed(error: Error): void {
    if (!this.#told.isDue(error)) return;
    this.#report(error);
    if (isRedpostError(error, 'CLOSED')) void this.stop({ timeoutMs: 0 });
  }

  /** Tells the handlers that are still running, and gives their messages to others. */
  async #giveUp(session: Session<Body>): Promise<void> {
    const unfinished = session.takeStarted();
    if (unfinished.length > 0) this.#events.emit('returned', { deliveries: unfinished });
    await this.#return(unfinished);
  }

  /** Other consumers may have time for what waits here for a handler. */
  #returnWaiting(): Promise<void> {
    if (this.#stopping.hasBegun) return Promise.resolve();
    this.#returning ??= this.#returnAhead().finally(() => {
      this.#returning = undefined;
      this.#session.pump();
    });
    return this.#returning;
  }

  async #returnAhead(): Promise<void> {
    const session = this.#session;
    this.#handlers.stall();
    await this.#quiet(session);
    if (session === this.#session && !this.#stopping.hasBegun) {
      await this.#return(this.#removeWaiting());
    }
  }

  #removeWaiting(): HeldDelivery<Body>[] {
    return [...this.#handlers.removeWaiting(), ...this.#session.takeBehind()];
  }

  /**
   * Resolves when nothing more comes, provided that there is no demand. What is returned after
   * that keeps its place, because nothing behind it has been taken.
   */
  async #quiet(session: Session<Body>): Promise<void> {
    await session.endWait();
    await session.flushed();
  }

  async #return(deliveries: HeldDelivery<Body>[]): Promise<void> {
    try {
      await this.#session.returnUnfinished(deliveries);
    } catch (error) {
      // They stay leased, and return when the consumer leaves or its lease ends.
      this.#failed(asError(error));
    }
  }
}
