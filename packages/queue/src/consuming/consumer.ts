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
  Turns,
  UnheardDeadLetters,
} from '@redpost/core/consuming';
import { areIdle } from '../admin/idle.js';
import type { QueueContext } from '../context.js';
import type { Division } from '../partitions/division.js';
import { FormerWatch } from '../partitions/former-watch.js';
import type { Partitions } from '../partitions/partitions.js';
import { failureJson } from '../results/failure-json.js';
import { PauseReports } from '../shape/pause-reports.js';
import type { PauseInForce, Shape } from '../shape/shape.js';
import type { Recovery } from '../store/list-store.js';
import type { CancelledError } from './cancelled-error.js';
import type { CheckedConsume } from './consume-options.js';
import { ConsumedList, ConsumedLists } from './consumed-lists.js';
import type { Delivery, HeldDelivery } from './delivery.js';
import { nextStep } from './failure.js';
import type { CreateHandlers, Handlers, HandlersHost } from './handlers.js';
import { keepOwn } from './keep-own.js';
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
  /** Of the partitions: whose turn it is asks for all that is wanted, so that calls are as large as with one list. */
  #partitionTurns: Turns | undefined;
  /** What was acknowledged in this tick, where somebody listens. */
  #acked: TickBatch<AckedMessage<Body>> | undefined;
  /** Where somebody listens. */
  #idle: IdleWatch | undefined;
  readonly #formerWatch: FormerWatch;
  readonly #told = new ToldSeldom();
  #unheard: UnheardDeadLetters | undefined;
  readonly #partitions: Partitions;
  readonly #lists = new ConsumedLists<Body>();
  /** While what waits for a handler is being returned. */
  #returning: Promise<void> | undefined;
  /** By `pause()`. */
  #isPaused = false;
  readonly #pauseReports = new PauseReports(
    (paused) => this.#events.emit('paused', paused),
    () => this.#events.emit('resumed', undefined),
  );
  readonly #stopping = new Stopping(() => this.#beginStop());

  /** @param turns shared with consumers of other queues, when the handlers are. */
  constructor(
    partitions: Partitions,
    createHandlers: CreateHandlers<Body>,
    options: CheckedConsume & { signal?: AbortSignal | undefined },
    turns?: Turns,
  ) {
    const context = partitions.main as QueueContext<Body>;
    this.#context = context;
    this.#partitions = partitions;
    this.#turns = turns;
    this.#partitionTurns = turns;
    this.#formerWatch = new FormerWatch(partitions, (error) => this.#failed(error));
    this.#options = options;
    this.#outcomes = this.#createOutcomes();
    this.#handlers = createHandlers(this.#handlersHost());
    this.#consume(context, 0);
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
    if (event === 'acked') {
      this.#hearsAcked = true;
      for (const { session } of this.#lists) session.events.hearsAcked = true;
    }
    if (event === 'idle') {
      this.#idle ??= new IdleWatch(
        () => areIdle(this.#partitions),
        () => this.#events.emit('idle', undefined),
        (error) => this.#failed(error),
      );
      this.#idle.start();
    }
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
    return {
      lists: this.#lists,
      open: (held) => this.#open(held),
      outcomes: this.#outcomes,
      finished: () => this.#pump(),
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
        if (isDead && !this.#events.hasListeners('failed')) this.#warnOfDead(error);
        this.#events.emit('failed', { delivery, error, next });
      },
      expired: (delivery) => {
        this.#events.emit('expired', { delivery });
        return this.#options.onExpired;
      },
      error: (error) => this.#report(error),
    });
  }

  #warnOfDead(error: Error): void {
    this.#unheard ??= new UnheardDeadLetters(`queue ${this.#context.name}`, 'failed');
    this.#unheard.add(error);
  }

  #open(held: HeldDelivery<Body>): Promise<void> | undefined {
    const opening = held.open(this.#context, held.settler as Session<Body>);
    const timeoutMs = held.timeoutMs ?? this.#options.timeoutMs;
    if (timeoutMs !== undefined) {
      held.limitTime(timeoutMs, (error) => void this.#outcomes.settleFailure(held, error));
    }
    return opening;
  }

  #beginStop(): StopSteps {
    const sessions = this.#lists.sessions;
    const each = (does: (session: Session<Body>) => Promise<void>) => forEach(sessions, does);
    this.#handlers.stop();
    return {
      quiet: () => each(quiet),
      returnAhead: () => this.#return(this.#removeWaiting()),
      handlersDone: () => this.#handlers.done(),
      giveUp: () => this.#giveUp(sessions),
      flushed: () => each((session) => session.flushed()),
      leave: (timeoutMs) => each((session) => session.leave(timeoutMs)),
      failed: (error) => this.#report(error),
      stopped: () => {
        this.#unheard?.end();
        this.#idle?.end();
        this.#formerWatch.end();
        this.#events.emit('stopped', undefined);
      },
    };
  }

  /** Takes from this list, too. */
  #consume(context: QueueContext<Body>, at: number): void {
    const list = new ConsumedList(context, at);
    this.#lists.add(list);
    this.#openSession(list);
  }

  #openSession(list: ConsumedList<Body>, former?: FormerSession): void {
    // A name is never used twice.
    const own = former ? {} : { name: this.#lists.nameFor(list) };
    list.session = new Session(
      list.context,
      { ...this.#options, ...own },
      this.#sessionEvents(list),
      former,
      list.at === 0 ? this.#turns : this.#turnsOfPartitions(),
    );
    void list.session.open(() => !this.#stopping.hasBegun);
  }

  #hearsAcked = false;

  #sessionEvents(list: ConsumedList<Body>): SessionHost<Body> {
    return {
      hearsAcked: this.#hearsAcked,
      acked: (delivery, { waitMs, runMs }) => {
        this.#acked ??= new TickBatch<AckedMessage<Body>>(unlimited, (messages) => {
          this.#events.emit('acked', { messages });
        });
        this.#acked.add({ delivery, waitMs, runMs }, 0);
      },
      demand: () => this.#demand(list),
      reserve: () => this.#reserve(),
      answered: (roundTripMs) => {
        this.#handlers.roundTrip?.(roundTripMs);
        // What this call asked for and did not bring, the others may bring.
        if (this.#lists.count > 1) this.#pump();
      },
      accept: (deliveries) => {
        this.#idle?.accepted();
        const accept = (own: readonly HeldDelivery<Body>[]) => this.#accept(list, own);
        const giveBack = (unknown: HeldDelivery<Body>[]) => this.#return(unknown);
        accept(keepOwn(this.#partitions, list.at, deliveries, { accept, giveBack }));
      },
      renewed: () => this.#handlers.goOn(),
      drained: (_, isGated = false) => {
        // Of several lists, the others may have some.
        if (this.#lists.count > 1 && !this.#lists.isDry && !isGated) return;
        this.#handlers.drained?.(isGated);
        if (!isGated) this.#events.emit('drained', undefined);
      },
      divided: (division) => this.#divided(division),
      reshaped: (shape, paused) => this.#reshaped(list, shape, paused),
      keysLeaseAhead: (mayLease) => {
        list.keysLeaseAhead = mayLease;
        this.#leaseAhead();
      },
      roomUnderLimits: (room) => {
        const isCrowded = list.roomAhead.found(room);
        this.#leaseAhead();
        if (isCrowded) void this.#returnWaiting();
      },
      runLength: () => this.#runLength(),
      lost: (_, deliveries, returned) => this.#lost(list, deliveries, returned),
      cancelled: (delivery, error) => this.#events.emit('cancelled', { delivery, error }),
      recovered: (recovery) => this.#events.emit('recovered', recovery),
      failed: (error) => this.#failed(error),
    };
  }

  #accept(list: ConsumedList<Body>, deliveries: readonly HeldDelivery<Body>[]): void {
    // A blocking move may bring one when nothing may start any more.
    if (list.isStill && this.#lists.count > 1) void this.#return([...deliveries]);
    else this.#handlers.accept(deliveries);
  }

  /** The list of the queue's name tells how the queue is divided. */
  #divided(division: Division): void {
    this.#partitions.heard(division);
    this.#formerWatch.look();
    const { known } = this.#partitions;
    for (let at = this.#lists.count; at < known.length && !this.#stopping.hasBegun; at += 1) {
      this.#consume(known[at] as QueueContext<Body>, at);
    }
  }

  #pump(): void {
    this.#lists.first.session.pump();
    if (this.#lists.count > 1) this.#turnsOfPartitions().soon();
  }

  #turnsOfPartitions(): Turns {
    this.#partitionTurns ??= new Turns();
    return this.#partitionTurns;
  }

  /** As many as are taken ahead for each handler. */
  #runLength(): number {
    const { reserve = 0 } = this.#handlers;
    return Math.max(1, Math.min(Math.floor(reserve / this.#options.concurrency), longestRun));
  }

  #reserve(): number {
    const { reserve = 0 } = this.#handlers;
    const { behind } = this.#lists.count === 1 ? this.#lists.first.session : this.#lists;
    return behind === 0 ? reserve : 0;
  }

  #demand(list: ConsumedList<Body>): number {
    const { session } = list;
    // What waits for the lease to be renewed comes before what is new.
    const isStale = !session.isFreshAt(performance.now());
    if (this.#stopping.hasBegun || this.#isPaused || this.#returning || isStale) return 0;
    const { free, idle = 0 } = this.#handlers;
    const isOnly = this.#lists.count === 1;
    const { behind, requested } = isOnly ? session : this.#lists;
    // What waits for others of its key keeps no handler from other keys.
    const wanted = behind === 0 ? free : Math.max(free - behind, idle);
    if (isOnly) return wanted - requested;
    if (list.isStill) return 0;
    const own = this.#handlers.freeFor?.(session);
    if (own !== undefined) return own - session.requested;
    const most = list.mostAhead === 0 ? Math.min(wanted, idle) : wanted;
    return most - requested;
  }

  /** Puts in force what the queue has declared: the feed complies with it already. */
  async #reshaped(
    list: ConsumedList<Body>,
    shape: Shape,
    paused: PauseInForce | undefined,
  ): Promise<void> {
    const { limitedUntil, leasesAhead, hasPausedKeys } = shape;
    const wasStill = list.isStill;
    const isStill = paused !== undefined || limitedUntil !== undefined;
    list.isStill = isStill;
    list.leasesAhead = leasesAhead;
    list.keysLeaseAhead = true;
    list.roomAhead.reset();
    this.#leaseAhead();
    if (isStill) this.#handlers.pause();
    if (isStill || leasesAhead !== true || hasPausedKeys) await this.#returnWaiting();
    if (wasStill || this.#lists.count > 1) this.#goOn();
    if (list === this.#lists.first) this.#pauseReports.inForce(paused);
  }

  #leaseAhead(): void {
    this.#handlers.leaseAhead(this.#lists.mostAhead);
  }

  #goOn(): void {
    if (this.#isPaused || this.#lists.areStill) return;
    this.#handlers.resume();
    this.#pump();
  }

  #lost(
    list: ConsumedList<Body>,
    deliveries: readonly HeldDelivery<Body>[],
    returned: Promise<void>,
  ): void {
    const { session } = list;
    const others = this.#handlers.removeWaiting().filter(({ settler }) => settler !== session);
    if (others.length > 0) this.#handlers.accept(others);
    const { ownPause } = session;
    if (!this.#stopping.hasBegun) this.#openSession(list, { returned, ownPause });
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
  async #giveUp(sessions: readonly Session<Body>[]): Promise<void> {
    const unfinished = sessions.flatMap((session) => session.takeStarted());
    if (unfinished.length > 0) this.#events.emit('returned', { deliveries: unfinished });
    await this.#return(unfinished);
  }

  /** Other consumers may have time for what waits here for a handler. */
  #returnWaiting(): Promise<void> {
    if (this.#stopping.hasBegun) return Promise.resolve();
    this.#returning ??= this.#returnAhead().finally(() => {
      this.#returning = undefined;
      this.#pump();
    });
    return this.#returning;
  }

  async #returnAhead(): Promise<void> {
    const sessions = this.#lists.sessions;
    this.#handlers.stall();
    await forEach(sessions, quiet);
    const areSame = this.#lists.sessions.every((session, at) => session === sessions[at]);
    if (areSame && !this.#stopping.hasBegun) await this.#return(this.#removeWaiting());
  }

  #removeWaiting(): HeldDelivery<Body>[] {
    const behind = this.#lists.sessions.flatMap((session) => session.takeBehind());
    return [...this.#handlers.removeWaiting(), ...behind];
  }

  async #return(deliveries: HeldDelivery<Body>[]): Promise<void> {
    try {
      await forEach(this.#lists.sessions, (session) => {
        const own = deliveries.filter(({ settler }) => settler === session);
        return session.returnUnfinished(own);
      });
    } catch (error) {
      // They stay leased, and return when the consumer leaves or its lease ends.
      this.#failed(asError(error));
    }
  }
}

/** Does it for all, also where it fails for one whose server cannot be reached. Rejects with the first failure when all are through. */
async function forEach<Body>(
  sessions: readonly Session<Body>[],
  does: (session: Session<Body>) => Promise<void>,
): Promise<void> {
  const done = await Promise.allSettled(sessions.map(does));
  for (const each of done) if (each.status === 'rejected') throw each.reason;
}

/**
 * Resolves when nothing more comes, provided that there is no demand. What is returned after
 * that keeps its place, because nothing behind it has been taken.
 */
async function quiet<Body>(session: Session<Body>): Promise<void> {
  await session.endWait();
  await session.flushed();
}
