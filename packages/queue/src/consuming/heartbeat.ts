import { asError, type ConnectionThread, type Repetition, type Unlisten } from '@redpost/core';
import { clearInterval, performance, setInterval } from '@redpost/core/consuming';
import type { QueueContext } from '../context.js';
import { type RenewInput, renew } from '../scripts/renew.js';

export interface HeartbeatEvents {
  /** Redis has confirmed the lease, and counts so many messages as the consumer's. */
  beat(held: number): void;
  /** Redis answers again. */
  resumed(): void;
  /** Redis says that the lease is gone. */
  lost(): void;
  /** Consumers whose lease has run out, as `renew` names them. */
  overdue(consumers: string[]): void;
  failed(error: Error): void;
}

export interface HeartbeatOptions {
  leaseMs: number;
  /** Whether a thread beats too. */
  heartbeat: 'loop' | 'thread';
  maxBlockedMs: number;
}

/**
 * Keeps one consumer's lease: one beat renews it for all the messages the consumer holds.
 *
 * A beat also tells which other consumers have stopped beating, so that finding them costs nothing.
 * A thread that beats too only renews: what a beat tells is heard when the event loop is free.
 */
export class Heartbeat {
  readonly #context: QueueContext;
  readonly #consumer: string;
  readonly #options: HeartbeatOptions;
  readonly #thread: ConnectionThread | undefined;
  #repetition: Repetition | undefined;
  readonly #events: HeartbeatEvents;
  #timer: NodeJS.Timeout | undefined;
  /** When the last beat that Redis confirmed was sent, by `performance.now()`. */
  #confirmedAt = Number.NEGATIVE_INFINITY;
  #unlisten: Unlisten | undefined;
  #stopped = false;

  constructor(
    context: QueueContext,
    consumer: string,
    options: HeartbeatOptions,
    events: HeartbeatEvents,
  ) {
    this.#context = context;
    this.#consumer = consumer;
    this.#options = options;
    this.#thread = options.heartbeat === 'thread' ? context.connection.thread() : undefined;
    this.#events = events;
  }

  /** Whether Redis surely still counts this consumer in: its last beat is younger than the lease. */
  get isFresh(): boolean {
    return this.isFreshAt(performance.now());
  }

  /** The same, for those who know the time already. */
  isFreshAt(now: number): boolean {
    const { leaseMs } = this.#options;
    if (now - this.#confirmedAt < leaseMs) return true;
    return this.#repetition !== undefined && this.#repetition.confirmedMsAgo < leaseMs;
  }

  /** Takes the lease and starts beating. Rejects when Redis cannot be asked. */
  async take(): Promise<void> {
    await this.#beat(true);
    if (this.#stopped) return;
    this.#goOn();
    if (this.#thread) await this.#beatInThread(this.#thread);
  }

  /** Beats now. Resolves to false when the lease is lost. */
  renew(): Promise<boolean> {
    return this.#beat(false);
  }

  stop(): void {
    this.#stopped = true;
    clearInterval(this.#timer);
    this.#repetition?.stop();
    this.#unlisten?.();
  }

  #goOn(): void {
    if (this.#timer) return;
    const beat = () => void this.#tryBeat();
    this.#timer = setInterval(beat, this.#everyMs).unref();
    this.#unlisten = this.#context.connection.on('resumed', () => {
      this.#events.resumed();
      // After an outage all consumers are late: the sooner they beat, the less is taken from them.
      beat();
    });
  }

  get #everyMs(): number {
    return this.#options.leaseMs / 3;
  }

  async #beatInThread(thread: ConnectionThread): Promise<void> {
    this.#repetition = await thread.repeat(renew, this.#input(false), {
      everyMs: this.#everyMs,
      maxBlockedMs: this.#options.maxBlockedMs,
      failed: this.#events.failed,
    });
    if (this.#stopped) this.#repetition.stop();
  }

  #input(take: boolean): RenewInput {
    const { keys } = this.#context;
    return { keys, consumer: this.#consumer, leaseMs: this.#options.leaseMs, take };
  }

  async #tryBeat(): Promise<void> {
    try {
      await this.#beat(false);
    } catch (error) {
      if (!this.#stopped) this.#events.failed(asError(error));
    }
  }

  async #beat(take: boolean): Promise<boolean> {
    const sentAt = performance.now();
    const result = await this.#context.connection.run(renew, this.#input(take));
    if (this.#stopped) return false;
    if (result.status === 'lost') {
      this.#events.lost();
      return false;
    }
    this.#confirmedAt = sentAt;
    this.#events.beat(result.held);
    if (result.overdue.length > 0) this.#events.overdue(result.overdue);
    return true;
  }
}
