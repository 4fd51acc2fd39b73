import { asError, ClosedError, isRedpostError } from '@redpost/core';
import {
  AckWaiters,
  Heartbeat,
  HeldList,
  LeaseLostError,
  newConsumerName,
  pause,
  Recoverer,
  ReturnedError,
  Settlements,
} from '@redpost/core/consuming';
import type { GroupContext } from '../group/group-context.js';
import { isGroupMissing } from '../group/group-missing.js';
import { isForOthers } from '../record/record.js';
import { leave } from '../scripts/leave.js';
import type { Taken } from '../scripts/take.js';
import { type GroupRecovery, StreamStore } from '../store/stream-store.js';
import type { GroupKeys } from '../topic-keys.js';
import { HeldRecord, type RecordSettler } from './group-delivery.js';
import { GroupFeed } from './group-feed.js';
import type { GroupSessionHost, GroupSessionOptions } from './group-session-host.js';
import { KeyOrder } from './key-order.js';
import { takeLease } from './lease-taking.js';

const reopenPauseMs = 250;
/** How many records may wait for others of their key, before no new ones are taken. */
const maxBlocked = 100;

/**
 * One life of a consumer in one partition: it takes a lease under a name never used before, takes
 * records, and ends by leaving or by losing the lease. A member that goes on after a loss opens a new
 * session, so that what the old one asks for changes nothing.
 *
 * In a topic with partitions nobody else has a lease in the partition meanwhile, and the records of
 * a key are kept in order.
 *
 * States: new -> open -> over (left or lost).
 */
export class GroupSession<Body = unknown> implements RecordSettler {
  readonly consumer: string;
  readonly partition: number;
  readonly #context: GroupContext<Body>;
  readonly #options: GroupSessionOptions;
  readonly #host: GroupSessionHost<Body, GroupSession<Body>>;
  readonly #keys: GroupKeys;
  /** What Redis counts as this consumer's: also what was acknowledged, until that is confirmed. */
  readonly #held = new HeldList<HeldRecord<Body>>();
  running = 0;
  readonly #ackWaiters = new AckWaiters<HeldRecord>();
  readonly #order: KeyOrder<HeldRecord<Body>> | undefined;
  readonly #recoverer: Recoverer<GroupRecovery>;
  readonly #store: StreamStore;
  readonly #heartbeat: Heartbeat;
  readonly #settlements: Settlements<HeldRecord>;
  readonly #feed: GroupFeed;
  #isOpen = false;
  #isOver = false;

  constructor(
    context: GroupContext<Body>,
    options: GroupSessionOptions,
    host: GroupSessionHost<Body, GroupSession<Body>>,
  ) {
    this.consumer = newConsumerName(options.leaseMs);
    this.partition = options.partition;
    this.#context = context;
    this.#options = options;
    this.#host = host;
    this.#keys = context.partitions[options.partition] as GroupKeys;
    if (context.isOrdered) this.#order = new KeyOrder(context as GroupContext, this.#keys);
    this.#store = new StreamStore(context as GroupContext, this.consumer, options);
    this.#settlements = new Settlements(this.#store, () => this.#isOver);
    this.#recoverer = new Recoverer(this.#store, {
      recovered: (recovery) => host.recovered(recovery),
      failed: (error) => this.#failed(error),
    });
    this.#heartbeat = this.#createHeartbeat();
    this.#feed = this.#createFeed();
  }

  /** True while it holds the lease. */
  get isOpen(): boolean {
    return this.#isOpen && !this.#isOver;
  }

  /** False when others may have what is held here. @param now by `performance.now()`. */
  isFreshAt(now: number): boolean {
    return this.#heartbeat.isFreshAt(now);
  }

  /** The records whose handlers run, or have run. */
  started(): HeldRecord<Body>[] {
    return [...this.#held].filter(({ isStarted }) => isStarted);
  }

  get requested(): number {
    return this.#feed.requested;
  }

  get isDry(): boolean {
    return this.#feed.isDry;
  }

  /**
   * Takes the lease and begins. While Redis cannot be asked it tries again, as long as wanted.
   * Resolves to false when another consumer has the partition, or it is no longer wanted.
   */
  async open(isWanted: () => boolean): Promise<boolean> {
    while (isWanted() && !this.#isOver) {
      try {
        return await this.#begin();
      } catch (error) {
        // With the group, Redis has forgotten the lease. Only the next beat would tell.
        if (isGroupMissing(error)) {
          this.#lose();
          return false;
        }
        this.#failed(asError(error));
        // What the server says may be put right there.
        const isOfServer = isRedpostError(error, 'SERVER') || isRedpostError(error, 'WRONG_TYPE');
        if (isRedpostError(error) && !error.retryable && !isOfServer) {
          this.#end();
          return false;
        }
        await pause(reopenPauseMs);
      }
    }
    return false;
  }

  /**
   * There may be something that was not there before.
   *
   * @param isSought true if records that wait for another attempt may be there no more.
   */
  pollAgain({ isSought }: { isSought: boolean }): void {
    this.#feed.pollAgain();
    if (isSought) void this.#mendOrder();
  }

  acknowledge(held: HeldRecord<Body>): void {
    if (this.#isOver) return;
    this.#feed.ack(held as HeldRecord);
    this.#pass(held);
  }

  confirmAck(held: HeldRecord<Body>): Promise<void> {
    if (this.#isOver) return Promise.reject(new LeaseLostError(held.named));
    const confirmed = this.#ackWaiters.wait(held as HeldRecord);
    this.acknowledge(held);
    return confirmed;
  }

  async retry(held: HeldRecord<Body>, delayMs: number): Promise<void> {
    // Before the call: the answer to a take may bring it back sooner than that to this one.
    this.#order?.suspend(held);
    await this.#settle(held, this.#settlements.retry(held as HeldRecord, delayMs));
  }

  async deadLetter(held: HeldRecord<Body>, reason: string, error: string): Promise<void> {
    try {
      await this.#settle(held, this.#settlements.deadLetter(held as HeldRecord, reason, error));
    } finally {
      this.#pass(held);
    }
  }

  /** Returns these records, and all that wait for others of their key; it does not count as an attempt. */
  async returnUnfinished(deliveries: readonly HeldRecord<Body>[]): Promise<void> {
    const chosen = [...deliveries, ...(this.#order?.takeBlocked() ?? [])];
    if (this.#isOver || chosen.length === 0) return;
    for (const held of chosen) {
      this.#order?.suspend(held);
      this.#held.remove(held);
    }
    const only = chosen.map(({ offset }) => offset);
    await this.#settlements.repeat(() => this.#store.returnUnfinished({ only }));
    for (const { offset } of chosen) this.#feed.settled(offset);
  }

  renew(): Promise<boolean> {
    return this.#isOver ? Promise.resolve(false) : this.#heartbeat.renew();
  }

  /** Resolves when everything that was settled is confirmed. */
  async flushed(): Promise<void> {
    await this.#settlements.idle();
    await this.#feed.idle();
  }

  /** Gives up the lease; the records that are still held are returned. */
  async leave(timeoutMs: number): Promise<void> {
    if (this.#isOver) return;
    this.#end();
    const unconfirmed = new ClosedError('The consumer was stopped', { outcome: 'unknown' });
    this.#forget(
      (held) => new ReturnedError(held.named),
      () => unconfirmed,
    );
    await this.#giveUpLease(timeoutMs);
  }

  /** May be called again when it has failed on the way. */
  async #begin(): Promise<boolean> {
    await this.#context.topic.facts.declared();
    if (!this.#isOpen && !(await this.#takeLease())) this.#end();
    if (this.#isOver) return false;
    await this.#order?.expectPending(this.#held);
    if (this.#isOver) return false;
    this.#feed.start();
    return true;
  }

  /** Resolves to false when another consumer has the partition. */
  async #takeLease(): Promise<boolean> {
    try {
      return await this.#tryLease();
    } finally {
      // Left meanwhile: a lease taken after that would keep others out until it runs out.
      if (this.#isOver) await this.#giveUpLease();
    }
  }

  async #tryLease(): Promise<boolean> {
    const lease = await takeLease(this.#context as GroupContext, {
      ...this.#options,
      keys: this.#keys,
      consumer: this.consumer,
      isOver: () => this.#isOver,
      recover: (consumers) => this.#recoverer.recover(consumers),
      groupFound: (isNew) => this.#host.groupFound(this.partition, isNew),
    });
    if (!lease || this.#isOver) return false;
    this.#isOpen = true;
    await this.#heartbeat.start(lease.takenAt);
    await this.#recoverer.recover(lease.overdue);
    return true;
  }

  async #giveUpLease(timeoutMs?: number): Promise<void> {
    const { topic, group, signal } = this.#context;
    const input = { keys: this.#keys, consumer: this.consumer, group, signal };
    await topic.connection.run(leave, input, { timeoutMs });
  }

  #createHeartbeat(): Heartbeat {
    return new Heartbeat(this.#context.topic.connection, this.#store, this.#options, {
      // It may have come back with what it knew some time ago, and forgotten acknowledgements.
      resumed: () => this.#feed.doubt(),
      beat: ({ held }) => {
        // The same, where the connection did not notice it: one to a Cluster outlives a node.
        if (this.#feed.isQuiet && held > this.#held.size) this.#feed.doubt();
        // It makes up for signals that may have been lost.
        this.pollAgain({ isSought: true });
        this.#host.renewed();
      },
      lost: () => this.#lose(),
      overdue: (consumers) => void this.#recoverer.recover(consumers),
      failed: (error) => this.#failed(error),
    });
  }

  #createFeed(): GroupFeed {
    return new GroupFeed(this.#context as GroupContext, {
      keys: this.#keys,
      consumer: this.consumer,
      maxCalls: this.#context.isOrdered ? 1 : 2,
      turns: this.#host.turns,
      demand: () => this.#host.demand(this),
      isFull: () => (this.#order?.blocked ?? 0) >= maxBlocked,
      accept: (records) => this.#accept(records),
      acked: (records) => this.#acked(records),
      unconfirmed: (records, error) => this.#ackWaiters.reject(records, error),
      trimmed: (offsets) => this.#trimmed(offsets),
      drained: () => this.#host.drained(),
      lost: () => this.#lose(),
      failed: (error) => this.#failed(error),
      isFresh: () => this.#heartbeat.isFresh,
      reconcile: () => this.#reconcile(),
    });
  }

  /** Nobody may wait for a record that does not come any more. */
  async #mendOrder(): Promise<void> {
    try {
      const ready = (await this.#order?.mend()) ?? [];
      if (ready.length > 0 && !this.#isOver) this.#host.accept(ready);
    } catch (error) {
      if (isGroupMissing(error)) this.#lose();
      else this.#failed(asError(error));
    }
  }

  async #reconcile(): Promise<boolean> {
    if (!(await this.renew())) return false;
    const allBut = [...this.#held].map(({ offset }) => offset);
    await this.#settlements.repeat(() => this.#store.returnUnfinished({ allBut }));
    await this.#order?.expectPending(this.#held);
    return true;
  }

  #accept(records: readonly Taken[]): void {
    const ready: HeldRecord<Body>[] = [];
    for (const taken of records) {
      const held = new HeldRecord<Body>(this as RecordSettler, taken);
      if (taken.fields && isForOthers(taken.fields, this.#context.group)) {
        this.#held.add(held);
        if (held.claim()) this.#feed.ack(held as HeldRecord);
        continue;
      }
      this.#held.add(held);
      if (!this.#order || this.#order.admit(held)) ready.push(held);
      else if (held.isSuspect) this.#clearSuspect(held);
    }
    this.#host.accept(ready);
  }

  /**
   * It has to wait for others of its key, and another suspect may come meanwhile, once Redis counts
   * this one no more: with two of them, this consumer's death would be blamed on both.
   */
  #clearSuspect(held: HeldRecord<Body>): void {
    this.#settlements
      .repeat(() => this.#store.clearSuspect(held as HeldRecord))
      .then(() => this.#feed.settled(held.offset))
      .catch((error) => this.#failed(asError(error)));
  }

  /** The record is done with: the next one of its key may start. */
  #pass(held: HeldRecord<Body>): void {
    const next = this.#order?.finish(held);
    if (next && !this.#isOver) this.#host.accept([next]);
  }

  async #settle(held: HeldRecord<Body>, settling: Promise<boolean>): Promise<void> {
    // Until then it is held: a record that is held and not known here is returned.
    const wasHeld = await settling.finally(() => this.#held.remove(held));
    this.#feed.settled(held.offset);
    if (wasHeld) return;
    this.#feed.doubt();
    throw new LeaseLostError(held.named);
  }

  #acked(records: readonly HeldRecord[]): void {
    for (const held of records) this.#held.remove(held as HeldRecord<Body>);
    this.#ackWaiters.confirm(records);
  }

  #trimmed(offsets: readonly string[]): void {
    this.#host.trimmed(this.partition, offsets);
    const ready = this.#order?.forget(offsets) ?? [];
    if (ready.length > 0) this.#host.accept(ready);
  }

  #lose(): void {
    if (this.#isOver) return;
    this.#end();
    const lostBy = (held: HeldRecord) => new LeaseLostError(held.named);
    this.#host.lost(this, this.#forget(lostBy, lostBy));
  }

  /** Tells those who work on what is held, or wait for an acknowledgement, that it is over. */
  #forget(
    lostBy: (held: HeldRecord) => Error,
    unconfirmed: (held: HeldRecord) => Error,
  ): HeldRecord<Body>[] {
    const forgotten = this.#held.removeAll();
    for (const held of forgotten) held.lose(lostBy(held as HeldRecord));
    this.#ackWaiters.rejectAll(unconfirmed);
    return forgotten;
  }

  #end(): void {
    this.#isOver = true;
    this.#heartbeat.stop();
    this.#feed.end();
  }

  #failed(error: Error): void {
    if (!this.#isOver) this.#host.failed(error);
  }
}
