import type { ConnectionThread, RepeatOptions, Repetition } from '@redpost/core';
import {
  type DeadLettering,
  type LeaseStore,
  type Renewal,
  type Retry,
  withRunning,
} from '@redpost/core/consuming';
import type { HeldDelivery } from '../consuming/delivery.js';
import type { QueueContext } from '../context.js';
import { failureJson } from '../results/failure-json.js';
import { deadLetter } from '../scripts/dead-letter.js';
import { leave } from '../scripts/leave.js';
import { readShape } from '../scripts/read-shape.js';
import { consumerOf, recover } from '../scripts/recover.js';
import { release } from '../scripts/release.js';
import { type RenewInput, renew } from '../scripts/renew.js';
import { renewIdle } from '../scripts/renew-idle.js';
import { retry } from '../scripts/retry.js';
import { type Paused, plain, type Shape } from '../shape/shape.js';

/** What was done with the messages of a consumer that had died. */
export interface Recovery {
  consumer: string;
  /** Messages that were returned to the queue: they are delivered again. */
  returned: number;
  /** Messages that had been to blame for `maxAttempts` crashes. */
  deadLettered: number;
}

/** Whose view of the queue it is, and how it deals with what others held. */
export interface ListStoreOptions {
  leaseMs: number;
  maxAttempts: number;
  /** Whether a key waits for its message that has failed. */
  holdsKey: boolean;
  /** What the consumer tells of itself, as JSON. */
  about?: string | undefined;
}

/** With every such renewal, what the consumer tells of itself is written again, which expires after two leases. */
const renewalsPerLease = 3;

/** The scripts of a queue, as one consumer calls them. */
export class ListStore implements LeaseStore<HeldDelivery, Recovery> {
  readonly consumer: string;
  /** What it holds, of which it tells since when. */
  held: Iterable<{ startedAt: number }> = [];
  readonly #context: QueueContext;
  readonly #options: ListStoreOptions;
  #inForce = plain.version;
  /** How many renewals since then have not told it. */
  #untold = 0;

  constructor(context: QueueContext, consumer: string, options: ListStoreOptions) {
    this.consumer = consumer;
    this.#context = context;
    this.#options = options;
  }

  /** What the queue has declared; undefined when the lease is lost. */
  shape(): Promise<Shape | undefined> {
    return this.#context.connection.run(readShape, this.#names);
  }

  /** From now on each renewal confirms that this version of the shape is in force. */
  confirmShape(version: string): void {
    this.#inForce = version;
  }

  /** Takes the lease. @param pause under the former name of this consumer, which goes on. */
  take(pause?: Paused): Promise<Renewal | undefined> {
    return this.#context.firstUse.before({}, () => this.#renew(true, pause));
  }

  renew(): Promise<Renewal | undefined> {
    return this.#renew(false);
  }

  async renewIdle(): Promise<Renewal | undefined> {
    // What a queue with a shape has to look at is in more places.
    if (this.#inForce !== plain.version) return undefined;
    const { connection } = this.#context;
    const { leaseMs, about = '' } = this.#options;
    this.#untold += 1;
    const isToBeTold = this.#untold >= renewalsPerLease;
    const input = { leaseMs, about: isToBeTold ? about : '', ...this.#names };
    // The renewal by itself has the error of this queue.
    const found = await renewIdle.run(connection, input).catch(() => 'look' as const);
    if (found === 'look') return undefined;
    if (isToBeTold) this.#untold = 0;
    return { held: 0, shape: plain.version, overdue: [], found };
  }

  renewIn(thread: ConnectionThread, options: RepeatOptions): Promise<Repetition> {
    return thread.repeat(renew, this.#renewInput(false), options);
  }

  retry(retries: readonly Retry<HeldDelivery>[]): Promise<boolean[]> {
    const deliveries = retries.map(({ held, delayMs }) => {
      return { receipt: held.number, delayMs, ranUs: held.ranUs, isLimited: held.isLimited };
    });
    const { holdsKey } = this.#options;
    return this.#context.connection.run(retry, { deliveries, holdsKey, ...this.#names });
  }

  deadLetter(letters: readonly DeadLettering<HeldDelivery>[]): Promise<boolean[]> {
    const deliveries = letters.map(({ held, reason, error, stack }) => {
      const kept = held.keepsResult ? (held.failure ?? failureJson(reason)) : undefined;
      return { receipt: held.number, reason, error, stack, ranUs: held.ranUs, kept };
    });
    return this.#context.connection.run(deadLetter, { deliveries, ...this.#names });
  }

  /** What is in Redis is not sent once more. */
  deadLetterSize(): number {
    return 0;
  }

  /** Returns leased messages to the queue; it does not count as an attempt. */
  async returnUnfinished(deliveries: readonly HeldDelivery[]): Promise<void> {
    const receipts = deliveries.map(({ number }) => number);
    const wereStarted = deliveries.some(({ isStarted }) => isStarted);
    await this.#context.connection.run(release, { receipts, wereStarted, ...this.#names });
  }

  async recover(overdue: string): Promise<Recovery | undefined> {
    const { connection, keys } = this.#context;
    const { maxAttempts } = this.#options;
    const result = await connection.run(recover, { keys, overdue, maxAttempts });
    if (!result || result.returned + result.deadLettered === 0) return undefined;
    return { consumer: consumerOf(overdue), ...result };
  }

  /**
   * Gives up the lease; what is still held returns to the queue.
   *
   * @param mayBeBlocked a blocking move may still be under way in the server.
   * @param timeoutMs instead of the connection's.
   */
  async leave(mayBeBlocked: boolean, timeoutMs?: number): Promise<void> {
    const input = { mayBeBlocked, ...this.#names };
    await this.#context.connection.run(leave, input, { timeoutMs });
  }

  async #renew(take: boolean, pause?: Paused): Promise<Renewal | undefined> {
    const input = { pause, ...this.#renewInput(take) };
    const result = await this.#context.connection.run(renew, input);
    this.#untold = 0;
    return result.status === 'held' ? result : undefined;
  }

  #renewInput(take: boolean): RenewInput {
    const { leaseMs, about } = this.#options;
    const told = about && withRunning(about, this.held);
    return { leaseMs, take, inForce: this.#inForce, about: told, ...this.#names };
  }

  get #names() {
    const { keys } = this.#context;
    return { keys, consumer: this.consumer };
  }
}
