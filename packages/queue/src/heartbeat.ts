import { asError, type Unlisten } from '@redpost/core';
import type { QueueContext } from './context.js';
import { renew } from './scripts/renew.js';

export interface HeartbeatEvents {
  /** Redis has confirmed the lease. */
  beat(): void;
  /** Redis says that the lease is gone. */
  lost(): void;
  /** Consumers whose lease has run out, as `renew` names them. */
  overdue(consumers: string[]): void;
  failed(error: Error): void;
}

/**
 * Keeps one consumer's lease: one beat renews it for all the messages the consumer holds.
 *
 * A beat also tells which other consumers have stopped beating, so that finding them costs nothing.
 */
export class Heartbeat {
  readonly #context: QueueContext;
  readonly #consumer: string;
  readonly #leaseMs: number;
  readonly #events: HeartbeatEvents;
  #timer: NodeJS.Timeout | undefined;
  /** When the last beat that Redis confirmed was sent, by `performance.now()`. */
  #confirmedAt = Number.NEGATIVE_INFINITY;
  #unlisten: Unlisten | undefined;
  #stopped = false;

  constructor(context: QueueContext, consumer: string, leaseMs: number, events: HeartbeatEvents) {
    this.#context = context;
    this.#consumer = consumer;
    this.#leaseMs = leaseMs;
    this.#events = events;
  }

  /** Whether Redis surely still counts this consumer in: its last beat is younger than the lease. */
  get isFresh(): boolean {
    return this.isFreshAt(performance.now());
  }

  /** The same, for those who know the time already. */
  isFreshAt(now: number): boolean {
    return now - this.#confirmedAt < this.#leaseMs;
  }

  /** Takes the lease and starts beating. Rejects when Redis cannot be asked. */
  async take(): Promise<void> {
    await this.#beat(true);
    if (this.#stopped) return;
    const beat = () => void this.#tryBeat();
    this.#timer = setInterval(beat, this.#leaseMs / 3).unref();
    // After an outage all consumers are late: the sooner they beat, the less is taken from them.
    this.#unlisten = this.#context.connection.on('resumed', beat);
  }

  /** Beats now. Resolves to false when the lease is lost. */
  renew(): Promise<boolean> {
    return this.#beat(false);
  }

  stop(): void {
    this.#stopped = true;
    clearInterval(this.#timer);
    this.#unlisten?.();
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
    const input = {
      keys: this.#context.keys,
      consumer: this.#consumer,
      leaseMs: this.#leaseMs,
      take,
    };
    const result = await this.#context.connection.run(renew, input);
    if (this.#stopped) return false;
    if (result.status === 'lost') {
      this.#events.lost();
      return false;
    }
    this.#confirmedAt = sentAt;
    this.#events.beat();
    if (result.overdue.length > 0) this.#events.overdue(result.overdue);
    return true;
  }
}
