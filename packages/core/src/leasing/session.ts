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
import type { LeaseEvents, SessionEvents } from './lease-events.js';
import type { LeaseStore, Renewal } from './lease-store.js';
import { Recoverer } from './recoverer.js';
import { Settlements } from './settlements.js';

const reopenPauseMs = 250;

/**
 * One life of a consumer: it takes a lease under a name never used before, gets messages, and ends by
 * leaving or by losing the lease. A consumer that goes on after a loss opens a new session, so what is
 * asked for in the name of the old one changes nothing.
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
  /** What Redis counts as this consumer's: also what was acknowledged, until that is confirmed. */
  readonly held = new HeldList<Item>();
  readonly store: Store;
  readonly events: Events;
  readonly heartbeat: Heartbeat;
  protected readonly recoverer: Recoverer<Recovery>;
  readonly settlements: Settlements<Item>;
  readonly ackWaiters = new AckWaiters<Item>();
  protected abstract readonly feed: Feed<Item>;
  #isOver = false;
  /** Resolves when nothing is left under its name. */
  #returned: Promise<void> = Promise.resolve();

  constructor(connection: Connection, store: Store, options: HeartbeatOptions, events: Events) {
    this.consumer = store.consumer;
    this.store = store;
    this.events = events;
    this.recoverer = new Recoverer(store, this);
    this.heartbeat = new Heartbeat(connection, store, options, this.recoverer, this);
    this.settlements = new Settlements(store, () => this.#isOver);
  }

  /** It has left, or lost its lease. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** How many messages are asked for and have not come yet. */
  get requested(): number {
    return this.feed.requested;
  }

  /** False when others may have what is held here. @param now by `performance.now()`. */
  isFreshAt(now: number): boolean {
    return this.heartbeat.isFreshAt(now);
  }

  /**
   * Takes the lease and begins. While Redis cannot be asked it tries again, as long as wanted.
   * Resolves to false when it has not begun.
   */
  async open(isWanted: () => boolean): Promise<boolean> {
    while (isWanted() && !this.#isOver) {
      try {
        return await this.begin();
      } catch (error) {
        this.hasNotBegun(asError(error));
        if (!this.#isOver) await pause(reopenPauseMs);
      }
    }
    return false;
  }

  /** Takes the lease and begins. May be called again when it has failed on the way. */
  protected abstract begin(): Promise<boolean>;

  /** It has failed to begin: tries again, unless the session is over then. */
  protected hasNotBegun(error: Error): void {
    this.failed(error);
  }

  /** Acknowledges with the next call. @param isExpired it was not handled, but had expired. */
  abstract acknowledge(held: Item, isExpired?: boolean): void;

  confirmAck(held: Item): Promise<void> {
    if (this.#isOver) return Promise.reject(new LeaseLostError(held.named));
    const confirmed = this.ackWaiters.wait(held);
    this.acknowledge(held);
    return confirmed;
  }

  async retry(held: Item, delayMs: number): Promise<void> {
    await this.#settle(held, this.settlements.retry(held, delayMs));
  }

  async deadLetter(held: Item, reason: string, error: string): Promise<void> {
    await this.#settle(held, this.settlements.deadLetter(held, reason, error));
  }

  /** Returns these, so that others get them; it does not count as an attempt. */
  async returnUnfinished(deliveries: readonly Item[]): Promise<void> {
    if (this.#isOver || deliveries.length === 0) return;
    await this.settlements.repeat(() => this.store.returnUnfinished(deliveries));
    for (const held of deliveries) this.wasSettled(held);
  }

  /** Takes away what handlers have begun, and returns it: they are told by their signal. */
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
    // It may have come back with what it knew some time ago, and forgotten acknowledgements. What it
    // has forgotten to be held comes again by itself.
    this.feed.doubt();
  }

  beat({ held }: Renewal): void {
    // The same, where the connection did not notice it: one to a Cluster outlives a node.
    if (this.feed.isQuiet && held > this.held.size) this.feed.doubt();
    this.events.renewed();
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

  /** These came, and are held from now on. */
  abstract accept(items: readonly Item[]): void;

  /** It was settled otherwise than by an acknowledgement. */
  protected wasSettled(held: Item): void {
    this.held.remove(held);
    this.feed.settled(held);
  }

  /** Tells Redis that it leaves, which returns what is still held. @param timeoutMs instead of the connection's. */
  protected abstract giveUpLease(timeoutMs?: number): Promise<void>;

  /** The lease is lost: returns what others cannot know of. */
  protected returnLeftOver(): Promise<void> {
    return Promise.resolve();
  }

  /** It is over. */
  protected end(): void {
    this.#isOver = true;
    this.heartbeat.stop();
    this.feed.end();
  }

  async #settle(held: Item, settling: Promise<boolean>): Promise<void> {
    const wasHeld = await settling;
    this.wasSettled(held);
    if (wasHeld) return;
    this.feed.doubt();
    throw new LeaseLostError(held.named);
  }

  /** Tells those who work on what is held, or wait for an acknowledgement, that it is over. */
  #forget(lostBy: (held: Item) => Error, unconfirmed: (held: Item) => Error): Item[] {
    const forgotten = this.held.removeAll();
    for (const held of forgotten) held.lose(lostBy(held));
    this.ackWaiters.rejectAll(unconfirmed);
    return forgotten;
  }
}
