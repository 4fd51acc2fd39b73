import { randomBytes, randomUUID } from 'node:crypto';
import {
  type Connection,
  checkedConnection,
  checkedName,
  encodeBody,
  json,
  type NamesOf,
  refuseUnknownOptions,
  wholeNumber,
} from '@redpost/core';
import { listOf } from './laravel-job.js';
import { checkedPrefix, refuseCluster } from './options.js';
import { delayedOf, push } from './scripts.js';

/** How jobs reach Laravel. */
export interface LaravelJobsOptions {
  /** To the Redis database of Laravel's queues: standalone or by Sentinel. */
  connection: Connection;
  /** The queue that gets the jobs, without `queues:`. Default `default`. */
  queue?: string | undefined;
  /** What Laravel puts in front of its keys: `database.redis.options.prefix`, e.g. `laravel-database-`. Default none. */
  prefix?: string | undefined;
}

/** How a job is pushed. Laravel counts in seconds: durations are rounded up. */
export interface PushLaravelJobOptions {
  /** How long the job waits, in ms. Default 0. */
  delayMs?: number | undefined;
  /** How often it may be tried, at least 1. Default: what the worker is set to. */
  tries?: number | undefined;
  /** How long it may run, in ms. Default: what the worker is set to. */
  timeoutMs?: number | undefined;
  /** How long to wait before it is tried again, in ms. Default: what the worker is set to. */
  backoffMs?: number | undefined;
}

const optionNames: NamesOf<LaravelJobsOptions> = { connection: true, queue: true, prefix: true };
const pushNames: NamesOf<PushLaravelJobOptions> = {
  delayMs: true,
  tries: true,
  timeoutMs: true,
  backoffMs: true,
};

/**
 * Pushes jobs for workers of Laravel.
 *
 * ```ts
 * const jobs = laravelJobs({ connection, prefix: 'laravel-database-' });
 * await jobs.push('App\\Jobs\\SendMail@handle', { to: 'ann@example.com' });
 * ```
 *
 * @throws InvalidArgumentError for an option that cannot work.
 */
export function laravelJobs(options: LaravelJobsOptions): LaravelJobs {
  return new LaravelJobs(options);
}

/** See {@link laravelJobs}. */
export class LaravelJobs {
  /** The name of Laravel's queue. */
  readonly queue: string;
  readonly #connection: Connection;
  readonly #list: string;

  /** @throws InvalidArgumentError for an option that cannot work. */
  constructor(options: LaravelJobsOptions) {
    this.#connection = checkedConnection('laravelJobs()', options);
    refuseUnknownOptions('laravelJobs()', options, optionNames);
    refuseCluster(this.#connection);
    this.queue = checkedName('queue', options.queue ?? 'default');
    this.#list = listOf(this.queue, checkedPrefix(options.prefix));
  }

  /**
   * Pushes a job. Resolves to its id when it is in Redis.
   *
   * @param job the class and method that Laravel calls with the job and the data: `'App\\Jobs\\SendMail@handle'`, by default the
   *   method `fire`. It deletes the job itself: `$job->delete()`.
   * @param data what JSON can represent.
   * @throws InvalidArgumentError, EncodeError: nothing was pushed.
   * @throws ConnectionError, TimeoutError, ServerError, OutOfMemoryError, ClosedError: their `outcome` says whether the job is known not to
   *   be there. A push that is repeated may run the job twice.
   */
  async push(
    job: string,
    data: unknown = [],
    options: PushLaravelJobOptions = {},
  ): Promise<string> {
    refuseUnknownOptions('push()', options, pushNames);
    const { delayMs = 0, tries, timeoutMs, backoffMs } = options;
    const id = randomBytes(16).toString('hex');
    const now = Date.now();
    const delayS = seconds('delayMs', delayMs, 0) as number;
    const payload = encoded({
      uuid: randomUUID(),
      displayName: checkedName('The name of a job', job).split('@')[0],
      job,
      maxTries: tries === undefined ? null : wholeNumber('tries', tries, { min: 1 }),
      maxExceptions: null,
      failOnTimeout: false,
      backoff: seconds('backoffMs', backoffMs, 0),
      timeout: seconds('timeoutMs', timeoutMs, 1),
      data,
      createdAt: Math.floor(now / 1000),
      id,
      attempts: 0,
      delay: delayS === 0 ? null : delayS,
    });
    if (delayS === 0) await this.#connection.run(push, { list: this.#list, job: payload });
    else await this.#delay(Math.ceil((now + delayMs) / 1000), payload);
    return id;
  }

  async #delay(dueAtS: number, payload: string | Buffer): Promise<void> {
    await this.#connection.call('ZADD', [delayedOf({ list: this.#list }), dueAtS, payload]);
  }
}

function encoded(payload: object): string | Buffer {
  const bytes = encodeBody(json(), payload);
  return typeof bytes === 'string' ? bytes : Buffer.from(bytes);
}

function seconds(option: string, ms: number | undefined, min: number): number | null {
  return ms === undefined ? null : Math.ceil(wholeNumber(option, ms, { min }) / 1000);
}
