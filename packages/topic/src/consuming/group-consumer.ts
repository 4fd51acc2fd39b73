import {
  asError,
  Emitter,
  isRedpostError,
  type NamesOf,
  type ObservedMessage,
  TickBatch,
  type Unlisten,
  unlimited,
} from '@redpost/core';
import {
  checkedHandler,
  describeConsumer,
  HandlerPool,
  handlerCall,
  IdleWatch,
  type NextStep,
  nextTick,
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
  type Wrapper,
  within,
} from '@redpost/core/consuming';
import type { GroupContext } from '../group/group-context.js';
import { isGroupIdle } from '../group/group-idle.js';
import type { CheckedConsumeOptions } from '../group/group-options.js';
import type { GroupPartition } from '../group/group-partitions.js';
import { beforeAll } from '../record/offset.js';
import { version } from '../version.js';
import { Assignment } from './assignment.js';
import type { AckedRecord, GroupConsumerEvents, RecordHandler } from './group-consumer-events.js';
import type { HeldRecord, TopicDelivery } from './group-delivery.js';
import { GroupSession, type GroupSessionEvents } from './group-session.js';
import { OpenPartitions } from './open-partitions.js';

const eventNames: NamesOf<GroupConsumerEvents<unknown>> = {
  acked: true,
  failed: true,
  lost: true,
  recovered: true,
  returned: true,
  trimmed: true,
  recreated: true,
  assigned: true,
  drained: true,
  idle: true,
  error: true,
  stopped: true,
};

/** How long leaving a partition may take, in ms. */
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
  /** What was acknowledged in this tick, where somebody listens. */
  readonly #acked = new TickBatch<AckedRecord<Body>>(unlimited, (records) => {
    this.#events.emit('acked', { records });
  });
  readonly #sessions = new Map<number, GroupSession<Body>>();
  readonly #turns = new Turns();
  readonly #told = new ToldSeldom();
  readonly #unheard: UnheardDeadLetters;
  readonly #idle: IdleWatch;
  readonly #open: OpenPartitions;
  readonly #assignment: Assignment;
  readonly #unlisten: () => void;
  readonly #signals: Signals;
  /** Partitions where this member has found the group. If it is missing there later, Redis has lost it. */
  readonly #known = new Set<number>();
  /** Partitions that this member is leaving to other members. */
  readonly #closing = new Set<number>();
  readonly #since = performance.now();
  /** What it tells of itself, as JSON. */
  readonly #about: string;
  #isReturning = false;
  /** How many seeks it has been told of, and how many of these before it has looked which partitions are open. */
  #seeks = 0;
  #seeksSeen = 0;
  readonly #stopping = new Stopping(() => this.#beginStop());

  constructor(
    context: GroupContext<Body>,
    handler: RecordHandler<Body>,
    { signal, ...options }: CheckedConsumeOptions & { signal?: AbortSignal | undefined },
  ) {
    this.#context = context;
    this.#unheard = new UnheardDeadLetters(
      `group ${context.group} of topic ${context.topic.name}`,
      'failed',
    );
    this.#idle = new IdleWatch(
      () => isGroupIdle(context as GroupContext),
      () => this.#events.emit('idle', undefined),
      (error) => this.#failed(error),
    );
    this.#options = options;
    // Throws here, and not later in a session, when the connection cannot be opened in a thread.
    if (options.heartbeat === 'thread') context.topic.connection.thread();
    const { concurrency } = options;
    this.#about = describeConsumer({ version, runs: 'consume', handler, concurrency });
    this.#handlers = this.#createPool(checkedHandler(handler));
    this.#signals = new Signals(context.topic.connection, context.signal, {
      heard: (signal) => this.#signalled(signal),
      failed: (error) => this.#failed(error),
    });
    const told = (error: Error) => this.#failed(error);
    this.#open = new OpenPartitions(context as GroupContext, options.start, told);
    this.#assignment = this.#createAssignment();
    this.#unlisten = context.topic.generations.onChange(() => this.#assignment.check());
    const stop = () => void this.stop();
    this.on('stopped', onAbort(signal, stop));
    if (signal?.aborted) stop();
    else this.#start();
  }

  /** The partitions that this member works on now. In a topic without partitions, the only partition is 0. */
  get partitions(): number[] {
    const open = [...this.#sessions].filter(([, session]) => session.isOpen);
    return open.map(([partition]) => partition).sort((a, b) => a - b);
  }

  /** Calls `listener` at every `event`; returns what removes it. */
  on<Event extends keyof GroupConsumerEvents<Body>>(
    event: Event,
    listener: (payload: GroupConsumerEvents<Body>[Event]) => void,
  ): Unlisten {
    const unlisten = this.#events.on(event, listener);
    if (event === 'acked') this.#sessionEvents.hearsAcked = true;
    if (event === 'idle') this.#idle.start();
    return unlisten;
  }

  /**
   * Stops gracefully: takes no more records and lets the handlers finish. At the deadline, the signals of handlers that
   * still run are aborted, the event `returned` reports their records, and these go to other members without counting an
   * attempt. Resolves when nothing is left to do, or Redis is unreachable. Further calls return the same promise; a call
   * with a `timeoutMs` can move the deadline to an earlier time.
   *
   * In one of its own handlers it resolves at once, so that the handler can await it. The consumer has stopped some time
   * after that handler has finished, which the event `stopped` reports.
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
    const { topic, group } = this.#context;
    const { name, connection } = topic;
    const { address } = connection;
    const wrappers = this.#context.wrappers as readonly Wrapper<TopicDelivery<Body>>[];
    const call = handlerCall(wrappers, handler, {
      destination: { kind: 'topic', name, group, address },
      isBatch: false,
      receivedOf: (delivery) => (delivery as HeldRecord<Body>).received,
      messagesOf: (delivery) => [observed(delivery as HeldRecord<Body>)],
    });
    return new HandlerPool<HeldRecord<Body>>(call, this.#options.concurrency, {
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
    // An open record is readable, so this error is about something else that its handler has read.
    const reason = held.isOpen ? undefined : unreadableReason(error);
    if (reason) return { action: 'dead-letter', reason };
    return stepAfter(held.attempt, this.#options, (failure) => this.#events.emit('error', failure));
  }

  #start(): void {
    void this.#signals.listen();
    this.#assignment.start();
  }

  #createAssignment(): Assignment {
    return new Assignment(this.#context as GroupContext, {
      leaseMs: this.#options.leaseMs,
      owned: () => [...this.#sessions.keys()].filter((partition) => !this.#closing.has(partition)),
      find: () => this.#findOpen(),
      open: (partition) => this.#begin(partition),
      close: (partition) => this.#close(partition),
      failed: (error) => this.#failed(error),
    });
  }

  /** True while somebody has sought, and it is not known yet which partitions the group works on now. */
  get #isSought(): boolean {
    return this.#seeks > this.#seeksSeen;
  }

  async #findOpen(): Promise<readonly GroupPartition[]> {
    const seeks = this.#seeks;
    try {
      return await this.#open.find();
    } finally {
      // When it has begun to leave the others.
      nextTick(() => {
        this.#seeksSeen = seeks;
        this.#turns.soon();
      });
    }
  }

  /** Resolves to false when another member has the partition. */
  async #begin(place: GroupPartition): Promise<boolean> {
    const partition = place.number;
    if (this.#sessions.has(partition) || this.#stopping.hasBegun) return false;
    const start = this.#known.has(partition) ? beforeAll : this.#options.start;
    const memberSince = this.#since;
    const own = { place, start, memberSince, about: this.#about, turns: this.#turns };
    const options = { ...this.#options, ...own };
    const session = new GroupSession<Body>(this.#context, options, this.#sessionEvents);
    this.#sessions.set(partition, session);
    const isOpen = await session.open(() => !this.#stopping.hasBegun);
    if (!isOpen) {
      if (this.#sessions.get(partition) === session) this.#sessions.delete(partition);
      return false;
    }
    if (place.isOrdered) this.#events.emit('assigned', { partitions: this.partitions });
    return true;
  }

  readonly #sessionEvents: GroupSessionEvents<Body> = {
    hearsAcked: false,
    acked: (delivery, { waitMs, runMs }) => this.#acked.add({ delivery, waitMs, runMs }, 0),
    demand: (session: GroupSession<Body>) => this.#demand(session),
    reserve: () => this.#handlers.reserve / this.#hungry,
    answered: (roundTripMs) => this.#handlers.roundTrip(roundTripMs),
    accept: (deliveries) => {
      this.#idle.accepted();
      this.#handlers.accept(deliveries);
    },
    renewed: () => this.#handlers.goOn(),
    drained: () => this.#events.emit('drained', undefined),
    lost: (session: GroupSession<Body>, deliveries) => this.#lost(session, deliveries),
    recovered: (recovery) => this.#events.emit('recovered', recovery),
    settledFormer: () => this.#assignment.check(),
    trimmed: (partition, offsets) => this.#events.emit('trimmed', { partition, offsets }),
    groupFound: (partition, isNew) => {
      if (isNew && this.#known.has(partition)) this.#events.emit('recreated', { partition });
      this.#known.add(partition);
    },
    failed: (error) => this.#failed(error),
  };

  /** Lets the handlers of a partition finish, and leaves the partition. */
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
      // The lease runs out, and then other members take the partition.
      this.#failed(asError(error));
    }
    this.#closing.delete(partition);
    this.#turns.soon();
    if (this.#sessions.get(partition) === session) this.#sessions.delete(partition);
    if (!this.#stopping.hasBegun) this.#events.emit('assigned', { partitions: this.partitions });
  }

  #signalled(signal: string): void {
    if (this.#stopping.hasBegun) return;
    // Before anything is taken, it has to be known whether records of former partitions come first again.
    if (signal === 'sought' && this.#open.hasFormer) this.#seeks += 1;
    if (signal !== 'members' && signal !== 'partitions') {
      const isSought = signal !== 'waiting';
      for (const session of this.#sessions.values()) session.pollAgain({ isSought });
    }
    if (signal !== 'waiting') this.#assignment.check();
  }

  /** Shares the free handlers among the partitions that may have more records. */
  #demand(session: GroupSession<Body>): number {
    if (this.#stopping.hasBegun || this.#isReturning || this.#closing.has(session.partition))
      return 0;
    if (this.#isSought) return 0;
    // Records that wait until this lease is renewed come before new ones.
    if (this.#handlers.free <= 0 || !session.isFreshAt(performance.now())) return 0;
    let requested = 0;
    for (const each of this.#sessions.values()) requested += each.requested;
    return Math.ceil((this.#handlers.free - requested) / this.#hungry);
  }

  /** How many partitions may have more records, at least one. */
  get #hungry(): number {
    let hungry = 0;
    for (const { isDry } of this.#sessions.values()) if (!isDry) hungry += 1;
    return Math.max(1, hungry);
  }

  #lost(session: GroupSession<Body>, deliveries: readonly HeldRecord<Body>[]): void {
    this.#handlers.removeWaiting(session);
    this.#turns.soon();
    if (this.#sessions.get(session.partition) === session) {
      this.#sessions.delete(session.partition);
    }
    if (deliveries.length > 0) this.#events.emit('lost', { deliveries });
    if (this.#stopping.hasBegun) return;
    this.#assignment.check();
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
        this.#idle.end();
        this.#unlisten();
        this.#events.emit('stopped', undefined);
      },
    };
  }

  /** Leaves all partitions and then the group, also when one of the partitions cannot be left. */
  async #leave(sessions: readonly GroupSession<Body>[], timeoutMs: number): Promise<void> {
    await Promise.all(sessions.map((session) => this.#ended(session.leave(timeoutMs))));
    await this.#ended(this.#assignment.leave(timeoutMs));
  }

  /** Resolves when the promise is settled. A failure is reported by the event `error`. */
  async #ended(ending: Promise<unknown>): Promise<void> {
    try {
      await ending;
    } catch (error) {
      if (!isRedpostError(error, 'CLOSED')) this.#events.emit('error', asError(error));
    }
  }

  /** Aborts the signals of handlers that still run, and returns their records, so that other members get them. */
  async #giveUp(sessions: readonly GroupSession<Body>[]): Promise<void> {
    const given = sessions.map((session) => ({ session, deliveries: session.takeStarted() }));
    const deliveries = given.flatMap((each) => each.deliveries);
    if (deliveries.length > 0) this.#events.emit('returned', { deliveries });
    await this.#return(given);
  }

  /** Returns the records that wait here for a handler, because other members may have time for them. */
  async #returnWaiting(): Promise<void> {
    if (this.#isReturning || this.#stopping.hasBegun) return;
    const sessions = [...this.#sessions.values()];
    // With partitions, no other member can take them.
    if (sessions.some(({ place }) => place.isOrdered)) return;
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
      // They stay pending under its name, and are returned when the consumer leaves or its lease has run out.
      this.#failed(asError(error));
    }
  }
}

/** A record as observers see it. */
function observed({ offset, headers, attempt, key }: HeldRecord<unknown>): ObservedMessage {
  return { id: offset, headers, attempt, key };
}
