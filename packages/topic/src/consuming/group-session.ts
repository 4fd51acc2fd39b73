import { asError, isRedpostError } from '@redpost/core';
import {
  type CheckedLease,
  type LeaseEvents,
  LeaseSession,
  newConsumerName,
  performance,
  type Renewal,
} from '@redpost/core/consuming';
import type { GroupContext } from '../group/group-context.js';
import { isGroupMissing } from '../group/group-missing.js';
import { isForOthers } from '../record/record.js';
import type { Taken } from '../scripts/take.js';
import { type GroupRecovery, StreamStore } from '../store/stream-store.js';
import type { GroupKeys } from '../topic-keys.js';
import { HeldRecord } from './group-delivery.js';
import { GroupFeed } from './group-feed.js';
import { KeyOrder } from './key-order.js';
import type { Turns } from './turns.js';

/** How many records may wait for others of their key, before no new ones are taken. */
const maxBlocked = 100;

export interface GroupSessionOptions extends CheckedLease {
  partition: number;
  /** Where the group begins when it does not exist yet. */
  start: string;
  /** When the member began, by `performance.now()`. */
  memberSince: number;
  /** In which its sessions ask for records. */
  turns: Turns;
}

/** What the sessions of a member tell it. */
export interface GroupSessionEvents<Body> extends LeaseEvents<HeldRecord<Body>, GroupRecovery> {
  trimmed(partition: number, offsets: readonly string[]): void;
  /** The group is there. @param isNew it did not exist and was made. */
  groupFound(partition: number, isNew: boolean): void;
}

/**
 * One life of a consumer in one partition: see {@link LeaseSession}. In a topic with partitions nobody else
 * has a lease in the partition meanwhile, and the records of a key are kept in order.
 *
 * States: new -> open -> over (left or lost).
 */
export class GroupSession<Body = unknown> extends LeaseSession<
  HeldRecord<Body>,
  GroupRecovery,
  StreamStore,
  GroupSessionEvents<Body>
> {
  readonly partition: number;
  protected readonly feed: GroupFeed;
  readonly #context: GroupContext<Body>;
  readonly #options: GroupSessionOptions;
  readonly #keys: GroupKeys;
  readonly #order: KeyOrder<HeldRecord<Body>> | undefined;
  #hasLease = false;

  constructor(
    context: GroupContext<Body>,
    options: GroupSessionOptions,
    events: GroupSessionEvents<Body>,
  ) {
    const name = newConsumerName(options.leaseMs);
    const store = new StreamStore(context as GroupContext, name, options);
    super(context.topic.connection, store, options, events);
    this.partition = options.partition;
    this.#context = context;
    this.#options = options;
    this.#keys = context.partitions[options.partition] as GroupKeys;
    if (context.isOrdered) this.#order = new KeyOrder(context as GroupContext, this.#keys);
    this.feed = this.#createFeed();
  }

  /** True while it holds the lease. */
  get isOpen(): boolean {
    return this.#hasLease && !this.isOver;
  }

  get requested(): number {
    return this.feed.requested;
  }

  get isDry(): boolean {
    return this.feed.isDry;
  }

  /**
   * There may be something that was not there before.
   *
   * @param isSought true if records that wait for another attempt may be there no more.
   */
  pollAgain({ isSought }: { isSought: boolean }): void {
    this.feed.pollAgain();
    if (isSought) void this.#mendOrder();
  }

  acknowledge(held: HeldRecord<Body>): void {
    if (this.isOver) return;
    this.feed.ack(held as HeldRecord);
    this.#pass(held);
  }

  override async retry(held: HeldRecord<Body>, delayMs: number): Promise<void> {
    // Before the call: the answer to a take may bring it back sooner than that to this one.
    this.#order?.suspend(held);
    try {
      await super.retry(held, delayMs);
    } finally {
      // Until then it is held: a record that is held and not known here is returned.
      this.holding.remove(held);
    }
  }

  override async deadLetter(held: HeldRecord<Body>, reason: string, error: string): Promise<void> {
    try {
      await super.deadLetter(held, reason, error);
    } finally {
      this.holding.remove(held);
      this.#pass(held);
    }
  }

  /** Returns these records, and all that wait for others of their key; it does not count as an attempt. */
  override async returnUnfinished(deliveries: readonly HeldRecord<Body>[]): Promise<void> {
    const chosen = [...deliveries, ...(this.#order?.takeBlocked() ?? [])];
    for (const held of chosen) {
      this.#order?.suspend(held);
      this.holding.remove(held);
    }
    await super.returnUnfinished(chosen);
  }

  override beat(renewal: Renewal): void {
    super.beat(renewal);
    // It makes up for signals that may have been lost.
    this.pollAgain({ isSought: true });
  }

  protected async begin(): Promise<boolean> {
    await this.#context.topic.facts.declared();
    if (!this.#hasLease && !(await this.#takeLease())) this.end();
    if (this.isOver) return false;
    await this.#order?.expectPending(this.holding);
    if (this.isOver) return false;
    this.feed.start();
    return true;
  }

  protected override hasNotBegun(error: Error): void {
    // With the group, Redis has forgotten the lease. Only the next beat would tell.
    if (isGroupMissing(error)) {
      this.lost();
      return;
    }
    this.failed(error);
    // What the server says may be put right there.
    const isOfServer = isRedpostError(error, 'SERVER') || isRedpostError(error, 'WRONG_TYPE');
    if (isRedpostError(error) && !error.retryable && !isOfServer) this.end();
  }

  /** Resolves to false when another consumer has the partition. */
  async #takeLease(): Promise<boolean> {
    try {
      return await this.#tryLease();
    } finally {
      // Left meanwhile: a lease taken after that would keep others out until it runs out.
      if (this.isOver) await this.giveUpLease();
    }
  }

  async #tryLease(): Promise<boolean> {
    // A member that is to be the only one recovers first, and then tries again.
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

  #createFeed(): GroupFeed {
    return new GroupFeed(this.#context as GroupContext, {
      keys: this.#keys,
      consumer: this.consumer,
      maxCalls: this.#context.isOrdered ? 1 : 2,
      turns: this.#options.turns,
      demand: () => this.events.demand(this),
      isFull: () => (this.#order?.blocked ?? 0) >= maxBlocked,
      accept: (records) => this.#accept(records),
      acked: (records) => this.acked(records as HeldRecord<Body>[]),
      unconfirmed: (records, error) => this.unconfirmed(records as HeldRecord<Body>[], error),
      trimmed: (offsets) => this.#trimmed(offsets),
      drained: (epoch) => this.events.drained(epoch),
      lost: () => this.lost(),
      failed: (error) => this.failed(error),
      isFresh: () => this.heartbeat.isFresh,
      reconcile: () => this.#reconcile(),
    });
  }

  /** Nobody may wait for a record that does not come any more. */
  async #mendOrder(): Promise<void> {
    try {
      const ready = (await this.#order?.mend()) ?? [];
      if (ready.length > 0 && !this.isOver) this.events.accept(ready);
    } catch (error) {
      if (isGroupMissing(error)) this.lost();
      else this.failed(asError(error));
    }
  }

  async #reconcile(): Promise<boolean> {
    if (!(await this.renew())) return false;
    const allBut = [...this.holding].map(({ offset }) => offset);
    await this.settlements.repeat(() => this.store.returnUnknown(allBut));
    await this.#order?.expectPending(this.holding);
    return true;
  }

  #accept(records: readonly Taken[]): void {
    const ready: HeldRecord<Body>[] = [];
    for (const taken of records) {
      const held = new HeldRecord<Body>(this, taken);
      this.holding.add(held);
      if (taken.fields && isForOthers(taken.fields, this.#context.group)) {
        if (held.claim()) this.feed.ack(held as HeldRecord);
      } else if (!this.#order || this.#order.admit(held)) ready.push(held);
      else if (held.isSuspect) this.#clearSuspect(held);
    }
    this.events.accept(ready);
  }

  /**
   * It has to wait for others of its key, and another suspect may come meanwhile, once Redis counts
   * this one no more: with two of them, this consumer's death would be blamed on both.
   */
  #clearSuspect(held: HeldRecord<Body>): void {
    this.settlements
      .repeat(() => this.store.clearSuspect(held as HeldRecord))
      .then(() => this.feed.settled(held as HeldRecord))
      .catch((error) => this.failed(asError(error)));
  }

  /** The record is done with: the next one of its key may start. */
  #pass(held: HeldRecord<Body>): void {
    const next = this.#order?.finish(held);
    if (next && !this.isOver) this.events.accept([next]);
  }

  #trimmed(offsets: readonly string[]): void {
    this.events.trimmed(this.partition, offsets);
    const ready = this.#order?.forget(offsets) ?? [];
    if (ready.length > 0) this.events.accept(ready);
  }
}
