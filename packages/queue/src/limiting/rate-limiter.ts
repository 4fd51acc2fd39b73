import {
  type Connection,
  checkedConnection,
  connectionOf,
  longestTimerMs,
  type NamesOf,
  refuseUnknownOptions,
  TickBatch,
  wholeNumber,
} from '@redpost/core';
import { limit as reserve } from '../scripts/limit.js';
import {
  checkedCount,
  checkedLimit,
  type Limit,
  limiterKey,
  type RateLimiterOptions,
} from './limit.js';
import { Waiters } from './waiters.js';

/** How to wait for a start. */
export interface AcquireOptions {
  /** How many start together: 1 to `max + burst`. Default 1. */
  count?: number | undefined;
  /** Ends the wait. */
  signal?: AbortSignal | undefined;
  /** How long to wait, in ms, at least 1. Default: without end. */
  timeoutMs?: number | undefined;
}

/** What to ask for without waiting. */
export interface TryAcquireOptions {
  /** How many start together: 1 to `max + burst`. Default 1. */
  count?: number | undefined;
}

/** Whether something may start now. */
export interface TryAcquireResult {
  allowed: boolean;
  /** In how many ms it may be allowed, if nothing else starts before; 0 if it is allowed. */
  retryInMs: number;
}

interface Attempt {
  count: number;
  resolve(result: TryAcquireResult): void;
  reject(error: unknown): void;
}

const acquireNames: NamesOf<AcquireOptions> = { count: true, signal: true, timeoutMs: true };
const tryNames: NamesOf<TryAcquireOptions> = { count: true };

/** So many attempts of one tick are one call of the script. */
const batchLimits = { count: 500, bytes: Number.POSITIVE_INFINITY };

/**
 * Limits how often something starts, over all processes that use the same name: in any window of `perMs`, wherever
 * it begins, at most `max + burst` acquisitions are granted. Only the clock of the Redis server counts. A grant is a
 * moment of that clock, and an acquisition resolves as soon after it as the network and the event loop allow, never
 * before: so if some resolve late and the next ones do not, they can be closer together than they were granted.
 *
 * ```ts
 * const limiter = new RateLimiter('mail-api', { connection, max: 50, perMs: 1_000 });
 * await limiter.acquire();
 * ```
 *
 * Source: the generic cell rate algorithm of ITU-T I.371.
 */
export class RateLimiter {
  readonly name: string;
  readonly #connection: Connection;
  readonly #key: string;
  readonly #limit: Limit;
  readonly #waiters: Waiters;
  readonly #attempts = new TickBatch<Attempt>(batchLimits, (attempts) => void this.#try(attempts));

  /** @throws InvalidArgumentError for a name or an option that cannot work. */
  constructor(name: string, options: RateLimiterOptions) {
    const connection = checkedConnection('A rate limiter', options);
    this.#limit = checkedLimit(options);
    this.#key = limiterKey(name);
    this.name = name;
    const typeOf = (key: string) => (key === this.#key ? 'hash' : undefined);
    this.#connection = connectionOf({ kind: 'rate limiter', name, typeOf }, connection);
    this.#waiters = new Waiters(name, this.#connection, this.#key, this.#limit);
  }

  /**
   * Resolves when so many may start. Acquisitions of one process are granted in their order, and those of several
   * processes in turns. One that is aborted or times out returns what was reserved for it: to the next one
   * in its process, or to Redis, unless another process has reserved the moment after it.
   *
   * @throws InvalidArgumentError for an option that cannot work.
   * @throws TimeoutError when `timeoutMs` is over, and at once when it is known that the wait would be longer:
   * nothing may start.
   * @throws ConnectionError, TimeoutError, ServerError, OutOfMemoryError, ClosedError, when Redis cannot be asked:
   * by the deadline of the connection, or by twice this time when another call was waiting already.
   * @throws WrongTypeError when its key in Redis is something else.
   * @throws the reason of the signal when it is aborted.
   */
  async acquire(options: AcquireOptions = {}): Promise<void> {
    refuseUnknownOptions('acquire()', options, acquireNames);
    const { signal, timeoutMs } = options;
    const count = checkedCount(options.count ?? 1, this.#limit);
    if (timeoutMs !== undefined) {
      wholeNumber('timeoutMs', timeoutMs, { min: 1, max: longestTimerMs });
    }
    signal?.throwIfAborted();
    await this.#waiters.wait(count, timeoutMs, signal);
  }

  /**
   * Acquires what may start at once, and waits for nothing but the answer of Redis: what is not allowed has reserved
   * nothing. Those of one tick are asked for together.
   *
   * @throws InvalidArgumentError for an option that cannot work.
   * @throws ConnectionError, TimeoutError, ServerError, OutOfMemoryError, ClosedError, when Redis cannot be asked.
   * @throws WrongTypeError when its key in Redis is something else.
   */
  async tryAcquire(options: TryAcquireOptions = {}): Promise<TryAcquireResult> {
    refuseUnknownOptions('tryAcquire()', options, tryNames);
    const count = checkedCount(options.count ?? 1, this.#limit);
    return new Promise((resolve, reject) => this.#attempts.add({ count, resolve, reject }, 0));
  }

  /** Forgets all that was granted: the next window begins anew. What waits keeps its moment. */
  async reset(): Promise<void> {
    await this.#connection.call('DEL', [this.#key]);
  }

  async #try(attempts: Attempt[]): Promise<void> {
    try {
      const answers = await this.#connection.run(reserve, {
        key: this.#key,
        limit: this.#limit,
        aheadUs: 0,
        returned: [],
        acquisitions: attempts.map(({ count }) => ({ count, patienceUs: 0 })),
      });
      for (const [at, { waitUs }] of answers.entries()) {
        attempts[at]?.resolve({ allowed: waitUs === 0, retryInMs: Math.ceil(waitUs / 1000) });
      }
    } catch (error) {
      for (const { reject } of attempts) reject(error);
    }
  }
}
