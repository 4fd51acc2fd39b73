import { asError, type Unlisten } from '@redpost/core';
import { clearInterval, performance, setInterval } from '@redpost/core/consuming';
import type { GroupContext } from '../group/group-context.js';
import { renew } from '../scripts/renew.js';
import type { GroupKeys } from '../topic-keys.js';

export interface GroupHeartbeatOptions {
  keys: GroupKeys;
  consumer: string;
  leaseMs: number;
  /** Redis has confirmed the lease, and counts so many records as the consumer's. */
  beat(pending: number): void;
  /** Redis answers again. */
  resumed(): void;
  /** Redis says that the lease is gone. */
  lost(): void;
  /** Consumers that have stopped beating, or never did, and hold records. */
  overdue(consumers: string[]): void;
  failed(error: Error): void;
}

/**
 * Keeps one consumer's lease: one beat renews it for all the records the consumer holds.
 *
 * A beat also tells which other consumers have stopped beating, so that finding them costs nothing.
 */
export class GroupHeartbeat {
  readonly #context: GroupContext;
  readonly #options: GroupHeartbeatOptions;
  #timer: NodeJS.Timeout | undefined;
  /** When the last beat that Redis confirmed was sent, by `performance.now()`. */
  #confirmedAt = Number.NEGATIVE_INFINITY;
  #unlisten: Unlisten | undefined;
  #stopped = false;

  constructor(context: GroupContext, options: GroupHeartbeatOptions) {
    this.#context = context;
    this.#options = options;
  }

  /** Whether Redis surely still counts this consumer in: its last beat is younger than the lease. */
  get isFresh(): boolean {
    return this.isFreshAt(performance.now());
  }

  /** The same, for those who know the time already. */
  isFreshAt(now: number): boolean {
    return now - this.#confirmedAt < this.#options.leaseMs;
  }

  /** @param takenAt when the call was made that took the lease, by `performance.now()`. */
  start(takenAt: number): void {
    this.#confirmedAt = takenAt;
    const beat = () => void this.#tryRenew();
    this.#timer = setInterval(beat, this.#options.leaseMs / 3).unref();
    this.#unlisten = this.#context.topic.connection.on('resumed', () => {
      this.#options.resumed();
      // After an outage all consumers are late: the sooner they beat, the less is taken from them.
      beat();
    });
  }

  /** Beats now. Resolves to false when the lease is lost. */
  async renew(): Promise<boolean> {
    const { keys, consumer, leaseMs } = this.#options;
    const { group, topic } = this.#context;
    const sentAt = performance.now();
    const result = await topic.connection.run(renew, { keys, group, consumer, leaseMs });
    if (this.#stopped) return false;
    if (result.status === 'lost') {
      this.#options.lost();
      return false;
    }
    this.#confirmedAt = sentAt;
    this.#options.beat(result.pending);
    if (result.overdue.length > 0) this.#options.overdue(result.overdue);
    return true;
  }

  stop(): void {
    this.#stopped = true;
    clearInterval(this.#timer);
    this.#unlisten?.();
  }

  async #tryRenew(): Promise<void> {
    try {
      await this.renew();
    } catch (error) {
      if (!this.#stopped) this.#options.failed(asError(error));
    }
  }
}
