import { asError, type HandlingTimes, isRedpostError, type SettledAs } from '@redpost/core';
import {
  areObserved,
  type CheckedLease,
  Feed,
  type LeaseEvents,
  LeaseSession,
  newConsumerName,
  nextTick,
  noteReceived,
  performance,
  type Renewal,
  SettledReport,
  type Turns,
} from '@redpost/core/consuming';
import type { GroupContext } from '../group/group-context.js';
import { isGroupMissing } from '../group/group-missing.js';
import type { GroupPartition } from '../group/group-partitions.js';
import { type StreamSession, StreamSource } from '../store/stream-source.js';
import { type GroupRecovery, StreamStore } from '../store/stream-store.js';
import type { HeldRecord } from './group-delivery.js';
import { KeyOrder } from './key-order.js';

export interface GroupSessionOptions extends CheckedLease {
  /** The partition that it works on. */
  place: GroupPartition;
  /** Where the group begins when it does not exist yet. */
  start: string;
  /** When the member began, by `performance.now()`. */
  memberSince: number;
  /** What the consumer tells of itself, as JSON. */
  about: string;
  /** The order in which the sessions of the member ask for records. */
  turns: Turns;
}

/** The events that the sessions of a member report to it. */
export interface GroupSessionEvents<Body> extends LeaseEvents<HeldRecord<Body>, GroupRecovery> {
  trimmed(partition: number, offsets: readonly string[]): void;
  /** Nothing is held of a partition that gets no more records. */
  settledFormer(): void;
  /** The group exists. @param isNew true when it did not exist before and was created. */
  groupFound(partition: number, isNew: boolean): void;
}

/**
 * One life of a consumer in one partition: see {@link LeaseSession}. In a topic with partitions, no other consumer has a
 * lease in the partition meanwhile, and the records of a key are handled in order.
 *
 * States: new -> open -> over (left or lost).
 */
export class GroupSession<Body = unknown>
  extends LeaseSession<HeldRecord<Body>, GroupRecovery, StreamStore, GroupSessionEvents<Body>>
  implements StreamSession<Body>
{
  readonly place: GroupPartition;
  protected readonly feed: Feed<HeldRecord<Body>>;
  readonly #source: StreamSource<Body>;
  readonly #context: GroupContext<Body>;
  readonly #options: GroupSessionOptions;
  readonly order: KeyOrder<HeldRecord<Body>> | undefined;
  readonly #report: SettledReport<HeldRecord<Body>>;
  #hasLease = false;

  constructor(
    context: GroupContext<Body>,
    options: GroupSessionOptions,
    events: GroupSessionEvents<Body>,
  ) {
    const name = newConsumerName(options.leaseMs);
    const store = new StreamStore(context as GroupContext, name, options);
    super(context.topic.connection, store, options, events);
    store.held = this.held;
    this.place = options.place;
    this.#context = context;
    this.#options = options;
    const { isOrdered, keys } = options.place;
    if (isOrdered) this.order = new KeyOrder(context as GroupContext, keys);
    this.#source = new StreamSource<Body>(context as GroupContext, this);
    const { topic, group } = context;
    const { name: of, connection } = topic;
    const destination = { kind: 'topic', name: of, group, address: connection.address } as const;
    this.#report = new SettledReport<HeldRecord<Body>>(destination, handlingTimes);
    this.feed = new Feed(this.#source, this, options.turns);
    this.#source.attach(this.feed);
  }

  /** The number of the partition. */
  get partition(): number {
    return this.place.number;
  }

  /** True while the session holds the lease. */
  get isOpen(): boolean {
    return this.#hasLease && !this.isOver;
  }

  get isDry(): boolean {
    return this.feed.isDry;
  }

  /**
   * Lets the feed ask again, because there may be new records.
   *
   * @param isSought true if records that waited for another attempt may have been removed.
   */
  pollAgain({ isSought }: { isSought: boolean }): void {
    this.#source.mayBeDue();
    this.feed.suspectsAdded();
    this.feed.pollAgain();
    if (isSought) void this.#mendOrder();
  }

  acknowledge(held: HeldRecord<Body>): void {
    if (this.isOver) return;
    this.#note(held, 'acked');
    if (this.events.hearsAcked) this.events.acked?.(held, handlingTimes(held));
    this.#acked(held);
    this.#pass(held);
  }

  accept(records: readonly HeldRecord<Body>[]): void {
    noteReceived(records);
    const ready: HeldRecord<Body>[] = [];
    for (const held of records) {
      this.held.add(held);
      if (held.isForOthersThan(this.#context.group)) {
        if (held.claim()) this.#acked(held);
      } else if (!this.order || this.order.admit(held)) ready.push(held);
      else if (held.isSuspect) this.#clearSuspect(held);
    }
    this.events.accept(ready);
  }

  /** Starts records that waited for trimmed records of their key, because these do not come any more. */
  trimmed(offsets: readonly string[]): void {
    this.events.trimmed(this.partition, offsets);
    const ready = this.order?.forget(offsets) ?? [];
    if (ready.length > 0) this.events.accept(ready);
  }

  override failed(error: Error): void {
    // Redis has lost the lease together with the group. Otherwise only the next heartbeat would tell.
    if (isGroupMissing(error)) this.lost();
    else super.failed(error);
  }

  override async retry(held: HeldRecord<Body>, delayMs: number): Promise<void> {
    // Before the call, because the answer to `take` may bring the record back before the answer to this call.
    this.order?.suspend(held);
    try {
      await super.retry(held, delayMs);
      this.#note(held, 'retried');
    } finally {
      // After the call, because a record that Redis counts as held and that is not known here would be returned.
      this.held.remove(held);
    }
  }

  override async deadLetter(held: HeldRecord<Body>, reason: string, error: string): Promise<void> {
    try {
      await super.deadLetter(held, reason, error);
      this.#note(held, 'dead');
    } finally {
      this.held.remove(held);
      this.#pass(held);
      this.lookIfSettled();
    }
  }

  /** Tells, once what runs now is done, when nothing is held of a partition that gets no more records. */
  lookIfSettled(): void {
    if (this.place.number >= this.#context.topic.generations.current.first) return;
    nextTick(() => {
      if (!this.isOver && this.holdsNothing) this.events.settledFormer();
    });
  }

  /** Returns these records, and all that wait for other records of their key, without counting an attempt. */
  override async returnUnfinished(deliveries: readonly HeldRecord<Body>[]): Promise<void> {
    const chosen = [...deliveries, ...(this.order?.takeBlocked() ?? [])];
    for (const held of chosen) {
      this.order?.suspend(held);
      this.held.remove(held);
    }
    await super.returnUnfinished(chosen);
  }

  override beat(renewal: Renewal): void {
    super.beat(renewal);
    // This makes up for signals that may have been lost.
    this.pollAgain({ isSought: true });
  }

  protected async begin(): Promise<boolean> {
    const { topic } = this.#context;
    const { generations } = topic;
    const wasDeclared = generations.isDeclared;
    await generations.declared();
    // What was assumed of the partitions is not true: the member finds others.
    if (!wasDeclared && generations.former.length > 0) this.end();
    if (this.isOver) return false;
    topic.index.note(topic.name);
    if (!this.#hasLease && !(await this.#takeLease())) this.end();
    if (this.isOver) return false;
    await this.order?.expectPending(this.held);
    if (this.isOver) return false;
    this.feed.start();
    return true;
  }

  protected override hasNotBegun(error: Error): void {
    this.failed(error);
    // An error that the server answered may be fixed at the server, so the session tries again.
    const isOfServer = isRedpostError(error, 'SERVER') || isRedpostError(error, 'WRONG_TYPE');
    if (isRedpostError(error) && !error.retryable && !isOfServer && !this.isOver) this.end();
  }

  /** Resolves to false when another consumer has the partition. */
  async #takeLease(): Promise<boolean> {
    try {
      return await this.#tryLease();
    } finally {
      // It has left meanwhile. A lease that was taken after that would keep other consumers out until it runs out.
      if (this.isOver) await this.giveUpLease();
    }
  }

  async #tryLease(): Promise<boolean> {
    // If overdue consumers prevent an exclusive lease, recover them first, and then try again.
    for (let tries = 0; tries < 2 && !this.isOver; tries += 1) {
      const takenAt = performance.now();
      const joined = await this.store.join(this.#options);
      if (joined.status === 'taken') return false;
      this.events.groupFound(this.partition, joined.isNewGroup);
      if (joined.status === 'joined') {
        if (this.isOver) return false;
        this.#hasLease = true;
        await this.heartbeat.start(takenAt);
      }
      await this.recoverer.recover(joined.overdue);
      if (joined.status === 'joined') return true;
    }
    return false;
  }

  protected giveUpLease(timeoutMs?: number): Promise<void> {
    return this.store.leave(timeoutMs);
  }

  /** Starts records that waited for records of their key that are no longer pending. */
  async #mendOrder(): Promise<void> {
    try {
      const ready = (await this.order?.mend()) ?? [];
      if (ready.length > 0 && !this.isOver) this.events.accept(ready);
    } catch (error) {
      this.failed(asError(error));
    }
  }

  #note(held: HeldRecord<Body>, outcome: SettledAs): void {
    if (areObserved('settled')) this.#report.add(held, outcome);
  }

  #acked(held: HeldRecord<Body>): void {
    this.#source.acks.add(held);
    this.feed.settled(held);
  }

  /**
   * This suspect has to wait for other records of its key, so it is no longer marked as a suspect. Another suspect may come
   * only after Redis has confirmed that: if this consumer died with two suspects, both would count as the cause.
   */
  #clearSuspect(held: HeldRecord<Body>): void {
    this.settlements
      .repeat(() => this.store.clearSuspect(held as HeldRecord))
      .then(() => this.feed.settled(held))
      .catch((error) => this.failed(asError(error)));
  }

  /** The record is settled, so the next record of its key may start. */
  #pass(held: HeldRecord<Body>): void {
    const next = this.order?.finish(held);
    if (next && !this.isOver) this.events.accept([next]);
  }
}

/** How long a record waited, from when it was published by the server's clock to now by the own one, and how long its handler had it. */
function handlingTimes({
  isStarted,
  startedAt,
  publishedAt,
}: Pick<HeldRecord, 'isStarted' | 'startedAt' | 'publishedAt'>): HandlingTimes {
  const runMs = isStarted ? performance.now() - startedAt : undefined;
  return { runMs, waitMs: Math.max(0, Date.now() - (runMs ?? 0) - publishedAt.getTime()) };
}
