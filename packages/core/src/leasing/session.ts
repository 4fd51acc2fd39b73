import type { Connection } from '../connection/connection.js';
import { within } from '../consuming/within.js';
import { asError, ClosedError } from '../errors.js';
import { pause } from '../runtime/timers.js';
import { AckWaiters } from './ack-waiters.js';
import { LeaseLostError, ReturnedError } from './errors.js';
import type { FedSession, Feed } from './feed.js';
import { Heartbeat, type HeartbeatOptions } from './heartbeat.js';
import type { Held } from './held.js';
import { HeldList } from './held-list.js';
import { beginInTurn } from './in-turn.js';
import type { LeaseEvents, SessionEvents } from './lease-events.js';
import type { LeaseStore, Renewal } from './lease-store.js';
import { Recoverer } from './recoverer.js';
import { Settlements } from './settlements.js';

const reopenPauseMs = 250;

/**
 * One life of a consumer: it takes a lease under a name that was never used before, gets messages, and ends by leaving
 * or by losing the lease. A consumer that continues after a lost lease opens a new session under another name, so late
 * calls of the old session change nothing.
 *
 * States: open -> over (left or lost).
 */
export abstract class LeaseSession<
  Item extends Held,
  Recovery,
  Store extends LeaseStore<Item, Recovery>,
  Events extends LeaseEvents<Item, Recovery>,
> implements FedSession<Item>, SessionEvents<Item, Recovery>
{
  readonly consumer: string;
  running = 0;
  /** The messages that Redis counts as held by this consumer, acknowledged ones included until Redis confirms that. */
  readonly held = new HeldList<Item>();
  readonly store: Store;
  readonly events: Events;
  readonly heartbeat: Heartbeat;
  protected readonly recoverer: Recoverer<Recovery>;
  readonly settlements: Settlements<Item>;
  readonly ackWaiters = new AckWaiters<Item>();
  protected abstract readonly feed: Feed<Item>;
  #isOver = false;
  /** After a lost lease: resolves when Redis has nothing left under the name of this session. */
  #returned: Promise<void> = Promise.resolve();

  constructor(connection: Connection, store: Store, options: HeartbeatOptions, events: Events) {
    this.consumer = store.consumer;
    this.store = store;
    this.events = events;
    this.recoverer = new Recoverer(store, this);
    this.heartbeat = new Heartbeat(connection, store, options, this.recoverer, this);
    this.settlements = new Settlements(store, () => this.#isOver);
  }

  /** True when the session has left, or has lost its lease. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** True when no message is held. */
  get holdsNothing(): boolean {
    return this.held.size === 0;
  }

  /** How many messages pending calls have asked for. */
  get requested(): number {
    return this.feed.requested;
  }

  /** False when other consumers may have the messages that are held here. @param now by `performance.now()`. */
  isFreshAt(now: number): boolean {
    return this.heartbeat.isFreshAt(now);
  }

  /**
   * Takes the lease and begins. While Redis is unreachable it tries again, as long as `isWanted()` returns true.
   * Resolves to false when it has not begun.
   */
  async open(isWanted: () => boolean): Promise<boolean> {
    while (isWanted() && !this.#isOver) {
      try {
        return await beginInTurn(async () => {
          // It may have waited.
          return isWanted() && !this.#isOver && (await this.begin());
        });
      } catch (error) {
        this.hasNotBegun(asError(error));
        if (!this.#isOver) await pause(reopenPauseMs);
      }
    }
    return false;
  }

  /** Takes the lease and begins. May be called again after it has failed. */
  protected abstract begin(): Promise<boolean>;

  /** `begin()` has failed. It is called again, unless the session is over after this call. */
  protected hasNotBegun(error: Error): void {
    this.failed(error);
  }

  /** Acknowledges a message with the next call. @param isExpired true when it was not handled, but had expired. */
  abstract acknowledge(held: Item, isExpired?: boolean): void;

  confirmAck(held: Item): Promise<void> {
    if (this.#isOver) return Promise.reject(new LeaseLostError(held.named));
    const confirmed = this.ackWaiters.wait(held);
    this.acknowledge(held);
    return confirmed;
  }

  async retry(held: Item, delayMs: number): Promise<void> {
    await this.settle(held, this.settlements.retry(held, delayMs));
  }

  async deadLetter(held: Item, reason: string, error: string, stack?: string): Promise<void> {
    await this.settle(held, this.settlements.deadLetter(held, reason, error, stack));
  }

  /** Returns messages so that other consumers get them. This does not count as an attempt. */
  async returnUnfinished(deliveries: readonly Item[]): Promise<void> {
    if (this.#isOver || deliveries.length === 0) return;
    await this.settlements.repeat(() => this.store.returnUnfinished(deliveries));
    for (const held of deliveries) this.wasSettled(held);
  }

  /** Takes the messages away from running handlers, which learn it by their signal, and returns these messages. */
  takeStarted(): Item[] {
    const started = [...this.held].filter((held) => held.isStarted && held.claim());
    for (const held of started) held.lose(new ReturnedError(held.named));
    return started;
  }

  renew(): Promise<boolean> {
    return this.#isOver ? Promise.resolve(false) : this.heartbeat.renew();
  }

  /** Resolves when everything that was settled is confirmed. */
  async flushed(): Promise<void> {
    await this.settlements.idle();
    await this.feed.idle();
    // What had to wait until the server knows of it has only now been sent.
    await this.settlements.idle();
  }

  /** Gives up the lease; what is still held is returned. */
  async leave(timeoutMs: number): Promise<void> {
    if (this.#isOver) {
      await within(this.#returned, timeoutMs);
      return;
    }
    this.end();
    const unconfirmed = new ClosedError('The consumer was stopped', { outcome: 'unknown' });
    this.#forget(
      (held) => new ReturnedError(held.named),
      () => unconfirmed,
    );
    await this.giveUpLease(timeoutMs);
  }

  resumed(): void {
    // Redis may have returned with older data, and may have lost acknowledgements. Messages that it no longer counts as
    // held are delivered again anyway.
    this.feed.doubt();
  }

  beat({ held }: Renewal): void {
    // Redis may have returned with older data also when the connection reports no outage: in a Cluster, the connection
    // stays open when one node restarts.
    if (this.feed.isQuiet && held > this.held.size) this.feed.doubt();
    this.events.renewed();
    // While the lease may have run out, nothing was asked for.
    this.feed.pumpSoon();
  }

  lost(): void {
    if (this.#isOver) return;
    this.end();
    const lostBy = (held: Item) => new LeaseLostError(held.named);
    const deliveries = this.#forget(lostBy, lostBy);
    this.#returned = this.returnLeftOver();
    this.events.lost(this, deliveries, this.#returned);
  }

  recovered(recovery: Recovery): void {
    this.events.recovered(recovery);
  }

  failed(error: Error): void {
    if (!this.#isOver) this.events.failed(error);
  }

  /** These messages have come, and are held from now on. */
  abstract accept(items: readonly Item[]): void;

  /** A message was settled by another call than an acknowledgement. */
  protected wasSettled(held: Item): void {
    this.held.remove(held);
    this.feed.settled(held);
  }

  /** Ends the lease in Redis, which returns what is still held. @param timeoutMs instead of the connection's. */
  protected abstract giveUpLease(timeoutMs?: number): Promise<void>;

  /** After a lost lease: returns messages that no other consumer can know of. */
  protected returnLeftOver(): Promise<void> {
    return Promise.resolve();
  }

  /** Ends all parts of the session. */
  protected end(): void {
    this.#isOver = true;
    this.heartbeat.stop();
    this.feed.end();
  }

  /** Awaits a call that settles a message. Rejects when that was not held any more. */
  protected async settle(held: Item, settling: Promise<boolean>): Promise<void> {
    const wasHeld = await settling;
    const error = wasHeld ? undefined : await this.notHeld(held);
    this.wasSettled(held);
    if (!error) return;
    this.feed.doubt();
    throw error;
  }

  /** Why a message was not held any more when it was to be settled. */
  protected async notHeld(held: Item): Promise<Error> {
    return held.lostBy ?? new LeaseLostError(held.named);
  }

  /** Tells running handlers, and callers that wait for an acknowledgement, that the session is over. */
  #forget(lostBy: (held: Item) => Error, unconfirmed: (held: Item) => Error): Item[] {
    const forgotten = this.held.removeAll();
    for (const held of forgotten) held.lose(lostBy(held));
    this.ackWaiters.rejectAll(unconfirmed);
    return forgotten;
  }
}
