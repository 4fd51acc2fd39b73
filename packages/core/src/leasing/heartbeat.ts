import type { Connection, ConnectionThread, Repetition } from '../connection/connection.js';
import { asError } from '../errors.js';
import type { Unlisten } from '../runtime/emitter.js';
import { performance } from '../runtime/timers.js';
import type { SessionEvents } from './lease-events.js';
import type { LeaseStore } from './lease-store.js';
import type { Recoverer } from './recoverer.js';
import { everyTogether } from './shared-interval.js';

/** How often a {@link Heartbeat} beats, and whether a thread beats, too. */
export interface HeartbeatOptions {
  leaseMs: number;
  /** Whether a thread beats too. */
  heartbeat: 'loop' | 'thread';
  maxBlockedMs: number;
}

/**
 * Keeps the lease of one consumer: one beat renews it for all messages that the consumer holds.
 *
 * The answer to a beat also names other consumers whose lease has run out, so no further call is needed to find them.
 * A thread that beats, too, only renews the lease. The rest of its answers is used when the event loop is free.
 *
 * All consumers of a process with leases of the same length beat at the same time. Those that hold nothing share calls, as far
 * as their storage can do that.
 */
export class Heartbeat {
  readonly #connection: Connection;
  readonly #store: LeaseStore<never, unknown>;
  readonly #options: HeartbeatOptions;
  readonly #thread: ConnectionThread | undefined;
  readonly #recoverer: Recoverer<unknown>;
  readonly #events: SessionEvents;
  #repetition: Repetition | undefined;
  #endBeats: (() => void) | undefined;
  /** When the last beat that Redis confirmed was sent, by `performance.now()`. */
  #confirmedAt = Number.NEGATIVE_INFINITY;
  #unlisten: Unlisten | undefined;
  #stopped = false;

  /** @throws InvalidArgumentError for a thread when the connection cannot be opened in a thread. */
  constructor(
    connection: Connection,
    store: LeaseStore<never, unknown>,
    options: HeartbeatOptions,
    recoverer: Recoverer<unknown>,
    events: SessionEvents,
  ) {
    this.#connection = connection;
    this.#store = store;
    this.#options = options;
    this.#thread = options.heartbeat === 'thread' ? connection.thread() : undefined;
    this.#recoverer = recoverer;
    this.#events = events;
  }

  /** True when the lease cannot have run out: the last confirmed beat is younger than the lease. */
  get isFresh(): boolean {
    return this.isFreshAt(performance.now());
  }

  /** The same at a time that the caller knows already. @param now by `performance.now()`. */
  isFreshAt(now: number): boolean {
    const { leaseMs } = this.#options;
    if (now - this.#confirmedAt < leaseMs) return true;
    return this.#repetition !== undefined && this.#repetition.confirmedMsAgo < leaseMs;
  }

  /** Renews the lease when it may have run out. Resolves to false when it is lost. */
  async ensureFresh(): Promise<boolean> {
    return this.isFresh || this.renew();
  }

  /**
   * Begins to beat, now that the lease is taken. With a thread, resolves when the thread beats, too.
   *
   * @param takenAt when the call that took the lease was made, by `performance.now()`.
   */
  async start(takenAt: number): Promise<void> {
    if (this.#stopped) return;
    this.#confirmedAt = takenAt;
    this.#beatInLoop();
    if (this.#thread) await this.#beatInThread(this.#thread);
  }

  /** Beats now. Resolves to false when the lease is lost. */
  async renew(): Promise<boolean> {
    const sentAt = performance.now();
    const renewal = await this.#store.renew();
    if (this.#stopped) return false;
    if (!renewal) {
      this.#events.lost();
      return false;
    }
    this.#confirmedAt = sentAt;
    this.#events.beat(renewal);
    if (renewal.overdue.length > 0) void this.#recoverer.recover(renewal.overdue);
    return true;
  }

  /** Ends the beats, also in the thread. */
  stop(): void {
    this.#stopped = true;
    this.#endBeats?.();
    this.#repetition?.stop();
    this.#unlisten?.();
  }

  #beatInLoop(): void {
    if (this.#endBeats) return;
    const beat = () => void this.#beat();
    this.#endBeats = everyTogether(this.#everyMs, beat);
    this.#unlisten = this.#connection.on('resumed', () => {
      this.#events.resumed();
      // After an outage all leases may have run out: a consumer that beats soon keeps its messages.
      beat();
    });
  }

  /** Resolves to false when the lease has to be renewed by itself. */
  async #renewIdle(): Promise<boolean> {
    const sentAt = performance.now();
    const renewal = await this.#store.renewIdle?.();
    if (!renewal || this.#stopped) return false;
    this.#confirmedAt = sentAt;
    this.#events.beat(renewal);
    return true;
  }

  get #everyMs(): number {
    return this.#options.leaseMs / 3;
  }

  async #beatInThread(thread: ConnectionThread): Promise<void> {
    this.#repetition = await this.#store.renewIn(thread, {
      everyMs: this.#everyMs,
      maxBlockedMs: this.#options.maxBlockedMs,
      failed: (error) => this.#events.failed(error),
    });
    if (this.#stopped) this.#repetition.stop();
  }

  async #beat(): Promise<void> {
    try {
      if (this.#events.holdsNothing && (await this.#renewIdle())) return;
      if (!this.#stopped) await this.renew();
    } catch (error) {
      if (!this.#stopped) this.#events.failed(asError(error));
    }
  }
}
