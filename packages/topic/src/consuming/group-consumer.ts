import {
  asError,
  Emitter,
  InvalidArgumentError,
  isRedpostError,
  type NamesOf,
  shown,
  type Unlisten,
} from '@redpost/core';
import {
  HandlerPool,
  type NextStep,
  Outcomes,
  onAbort,
  performance,
  Signals,
  type StopOptions,
  Stopping,
  type StopSteps,
  stepAfter,
  ToldSeldom,
  Turns,
  UnheardDeadLetters,
  unreadableReason,
  within,
} from '@redpost/core/consuming';
import type { GroupContext } from '../group/group-context.js';
import type { CheckedConsumeOptions } from '../group/group-options.js';
import { beforeAll } from '../record/offset.js';
import { Assignment } from './assignment.js';
import type { GroupConsumerEvents, RecordHandler } from './group-consumer-events.js';
import type { HeldRecord } from './group-delivery.js';
import { GroupSession, type GroupSessionEvents } from './group-session.js';

const eventNames: NamesOf<GroupConsumerEvents<unknown>> = {
  failed: true,
  lost: true,
  recovered: true,
  returned: true,
  trimmed: true,
  recreated: true,
  assigned: true,
  drained: true,
  error: true,
  stopped: true,
};

/** How long it may take to leave a partition, in ms. */
const leaveMs = 2000;

/**
 * One member of a group: calls a handler for each record, many at a time.
 *
 * States: running -> stopping (takes nothing more, lets handlers finish) -> stopped.
 */
export class GroupConsumer<Body = unknown> implements AsyncDisposable {
  readonly #context: GroupContext<Body>;
  readonly #options: CheckedConsumeOptions;
  readonly #events = new Emitter<GroupConsumerEvents<Body>>(eventNames);
  readonly #handlers: HandlerPool<HeldRecord<Body>>;
  readonly #sessions = new Map<number, GroupSession<Body>>();
  readonly #turns = new Turns();
  readonly #told = new ToldSeldom();
  readonly #unheard: UnheardDeadLetters;
  readonly #assignment: Assignment | undefined;
  readonly #signals: Signals;
  /** Partitions that this member was in: a group that is missing there has vanished. */
  readonly #known = new Set<number>();
  /** Partitions that are to go to other members. */
  readonly #closing = new Set<number>();
  readonly #since = performance.now();
  #isReturning = false;
  readonly #stopping = new Stopping(() => this.#beginStop());

  constructor(
    context: GroupContext<Body>,
    handler: RecordHandler<Body>,
    { signal, ...options }: CheckedConsumeOptions & { signal?: AbortSignal | undefined },
  ) {
    if (typeof handler !== 'function') {
      throw new InvalidArgumentError(`A handler is a function, got ${shown(handler)}`);
    }
    this.#context = context;
    this.#unheard = new UnheardDeadLetters(
      `group ${context.group} of topic ${context.topic.name}`,
      'failed',
    );
    this.#options = options;
    // Refused here when the connection cannot be made in a thread: sessions begin later.
    if (options.heartbeat === 'thread') context.topic.connection.thread();
    this.#handlers = this.#createPool(handler);
    this.#signals = new Signals(context.topic.connection, context.signal, {
      heard: (signal) => this.#signalled(signal),
      failed: (error) => this.#failed(error),
    });
    if (context.isOrdered) this.#assignment = this.#createAssignment();
    const stop = () => void this.stop();
    this.on('stopped', onAbort(signal, stop));
    if (signal?.aborted) stop();
    else this.#start();
  }

  /** The partitions this member works on now. In a topic without partitions, it is always 0. */
  get partitions(): number[] {
    const open = [...this.#sessions].filter(([, session]) => session.isOpen);
    return open.map(([partition]) => partition).sort((a, b) => a - b);
  }

  /** Calls `listener` at every `event`; returns what removes it. */
  on<Event extends keyof GroupConsumerEvents<Body>>(
    event: Event,
    listener: (payload: GroupConsumerEvents<Body>[Event]) => void,
  ): Unlisten {
    return this.#events.on(event, listener);
  }

  /**
   * Takes nothing more and lets the handlers finish. Those that are not through at the deadline are
   * told by their signal and by the event `returned`, and their records go to others, which does
   * not count as an attempt. Resolves when nothing is left to do, or Redis cannot be asked any
   * more. Further calls return the same promise; one with a `timeoutMs` can bring the deadline forward.
   *
   * In one of its own handlers it resolves at once, so that the handler can await it: the consumer
   * has stopped some time after that handler is through, as the event `stopped` tells.
   */
  stop(options: StopOptions = {}): Promise<void> {
    const stopped = this.#stopping.stop(options);
    return this.#handlers.isCaller ? Promise.resolve() : stopped;
  }

  /** The same as `stop()`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  #createPool(handler: RecordHandler<Body>): HandlerPool<HeldRecord<Body>> {
    return new HandlerPool<HeldRecord<Body>>(handler, this.#options.concurrency, {
      open: (held) => held.open(this.#context.topic),
      outcomes: new Outcomes<HeldRecord<Body>>({
        nextStep: (held, error) => this.#nextStep(held, error),
        failed: (delivery, error, next) => {
          const isDead = next.action === 'dead-letter';
          if (isDead && !this.#events.hasListeners('failed')) this.#unheard.add(error);
          this.#events.emit('failed', { delivery, error, next });
        },
        error: (error) => this.#events.emit('error', error),
      }),
      finished: () => this.#turns.soon(),
      stuck: () => void this.#returnWaiting(),
    });
  }

  #nextStep(held: HeldRecord<Body>, error: Error): NextStep {
    // Once it is open it is readable: what its handler could not read was something else.
    const reason = held.isOpen ? undefined : unreadableReason(error);
    if (reason) return { action: 'dead-letter', reason };
    return stepAfter(held.attempt, this.#options, (failure) => this.#events.emit('error', failure));
  }

  #start(): void {
    void this.#signals.listen();
    if (this.#assignment) this.#assignment.start();
    else void this.#open(0);
  }

  #createAssignment(): Assignment {
    return new Assignment(this.#context as GroupContext, {
      leaseMs: this.#options.leaseMs,
      owned: () => [...this.#sessions.keys()].filter((partition) => !this.#closing.has(partition)),
      open: (partition) => this.#open(partition),
      close: (partition) => this.#close(partition),
      failed: (error) => this.#failed(error),
    });
  }

  /** Resolves to false when another member has the partition. */
  async #open(partition: number): Promise<boolean> {
    if (this.#sessions.has(partition) || this.#stopping.hasBegun) return false;
    const start = this.#known.has(partition) ? beforeAll : this.#options.start;
    const own = { partition, start, memberSince: this.#since, turns: this.#turns };
    const options = { ...this.#options, ...own };
    const session = new GroupSession<Body>(this.#context, options, this.#sessionEvents);
    this.#sessions.set(partition, session);
    const isOpen = await session.open(() => !this.#stopping.hasBegun);
    if (!isOpen) {
      if (this.#sessions.get(partition) === session) this.#sessions.delete(partition);
      return false;
    }
    if (this.#assignment) this.#events.emit('assigned', { partitions: this.partitions });
    return true;
  }

  readonly #sessionEvents: GroupSessionEvents<Body> = {
    demand: (session: GroupSession<Body>) => this.#demand(session),
    accept: (deliveries) => this.#handlers.accept(deliveries),
    renewed: () => this.#handlers.goOn(),
    drained: () => this.#events.emit('drained', undefined),
    lost: (session: GroupSession<Body>, deliveries) => this.#lost(session, deliveries),
    recovered: (recovery) => this.#events.emit('recovered', recovery),
    trimmed: (partition, offsets) => this.#events.emit('trimmed', { partition, offsets }),
    groupFound: (partition, isNew) => {
      if (isNew && this.#known.has(partition)) this.#events.emit('recreated', { partition });
      this.#known.add(partition);
    },
    failed: (error) => this.#failed(error),
  };

  /** Lets the handlers of a partition finish, and gives it up. */
  async #close(partition: number): Promise<void> {
    const session = this.#sessions.get(partition);
    if (!session || this.#closing.has(partition)) return;
    this.#closing.add(partition);
    try {
      await session.flushed();
      await this.#returnUnstarted([session]);
      await this.#handlers.done(session);
      await session.flushed();
      await session.leave(leaveMs);
    } catch (error) {
      // Its lease runs out, and then others take the partition.
      this.#failed(asError(error));
    }
    this.#closing.delete(partition);
    this.#turns.soon();
    if (this.#sessions.get(partition) === session) this.#sessions.delete(partition);
    if (!this.#stopping.hasBegun) this.#events.emit('assigned', { partitions: this.partitions });
  }

  #signalled(signal: string): void {
    if (this.#stopping.hasBegun) return;
    if (signal !== 'members') {
      const isSought = signal !== 'waiting';
      for (const session of this.#sessions.values()) session.pollAgain({ isSought });
    }
    if (signal !== 'waiting') this.#assignment?.check();
  }

  /** What is free is shared among the partitions that may have more. */
  #demand(session: GroupSession<Body>): number {
    if (this.#stopping.hasBegun || this.#isReturning || this.#closing.has(session.partition))
      return 0;
    // What waits for this lease to be renewed comes before what is new.
    if (this.#handlers.free <= 0 || !session.isFreshAt(performance.now())) return 0;
    let hungry = 0;
    let requested = 0;
    for (const each of this.#sessions.values()) {
      requested += each.requested;
      if (!each.isDry) hungry += 1;
    }
    const free = this.#handlers.free - requested;
    return Math.ceil(free / Math.max(1, hungry));
  }

  #lost(session: GroupSession<Body>, deliveries: readonly HeldRecord<Body>[]): void {
    this.#handlers.removeWaiting(session);
    this.#turns.soon();
    if (this.#sessions.get(session.partition) === session) {
      this.#sessions.delete(session.partition);
    }
    if (deliveries.length > 0) this.#events.emit('lost', { deliveries });
    if (this.#stopping.hasBegun) return;
    if (this.#assignment) this.#assignment.check();
    else void this.#open(session.partition);
  }

  #failed(error: Error): void {
    if (!this.#told.isDue(error)) return;
    this.#events.emit('error', error);
    if (isRedpostError(error, 'CLOSED')) void this.stop({ timeoutMs: 0 });
  }

  #beginStop(): StopSteps {
    const sessions = [...this.#sessions.values()];
    const flushed = () => Promise.all(sessions.map((session) => session.flushed()));
    const unsubscribed = this.#ended(within(this.#signals.end(), leaveMs));
    this.#handlers.stop();
    return {
      quiet: flushed,
      returnAhead: () => this.#returnUnstarted(sessions),
      handlersDone: () => this.#handlers.done(),
      giveUp: () => this.#giveUp(sessions),
      flushed,
      leave: async (timeoutMs) => {
        await this.#leave(sessions, timeoutMs);
        await unsubscribed;
      },
      failed: (error) => this.#events.emit('error', error),
      stopped: () => {
        this.#unheard.end();
        this.#events.emit('stopped', undefined);
      },
    };
  }

  /** A partition that cannot be left keeps this member neither in the others nor in the group. */
  async #leave(sessions: readonly GroupSession<Body>[], timeoutMs: number): Promise<void> {
    await Promise.all(sessions.map((session) => this.#ended(session.leave(timeoutMs))));
    await this.#ended(this.#assignment?.leave(timeoutMs));
  }

  /** Resolves when this has ended, well or not: what it failed by is reported. */
  async #ended(ending: Promise<unknown> | undefined): Promise<void> {
    try {
      await ending;
    } catch (error) {
      if (!isRedpostError(error, 'CLOSED')) this.#events.emit('error', asError(error));
    }
  }

  /** Tells the handlers that are still running, and gives their records to others. */
  async #giveUp(sessions: readonly GroupSession<Body>[]): Promise<void> {
    const given = sessions.map((session) => ({ session, deliveries: session.takeStarted() }));
    const deliveries = given.flatMap((each) => each.deliveries);
    if (deliveries.length > 0) this.#events.emit('returned', { deliveries });
    await this.#return(given);
  }

  /** Other members may have time for what waits here for a handler. */
  async #returnWaiting(): Promise<void> {
    // With partitions there is nobody else to take it.
    if (this.#isReturning || this.#stopping.hasBegun || this.#assignment) return;
    const sessions = [...this.#sessions.values()];
    this.#isReturning = true;
    this.#handlers.stall();
    await Promise.all(sessions.map((session) => session.flushed()));
    if (!this.#stopping.hasBegun) await this.#returnUnstarted(sessions);
    this.#isReturning = false;
    this.#turns.soon();
  }

  async #returnUnstarted(sessions: readonly GroupSession<Body>[]): Promise<void> {
    await this.#return(
      sessions.map((session) => ({ session, deliveries: this.#handlers.removeWaiting(session) })),
    );
  }

  async #return(
    given: readonly { session: GroupSession<Body>; deliveries: readonly HeldRecord<Body>[] }[],
  ): Promise<void> {
    try {
      await Promise.all(
        given.map(({ session, deliveries }) => session.returnUnfinished(deliveries)),
      );
    } catch (error) {
      // They stay taken, and return when the consumer leaves or its lease ends.
      this.#failed(asError(error));
    }
  }
}
