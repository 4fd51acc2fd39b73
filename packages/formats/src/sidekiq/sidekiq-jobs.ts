import { randomBytes } from 'node:crypto';
import {
  type Connection,
  checkedConnection,
  checkedName,
  encodeBody,
  InvalidArgumentError,
  json,
  type NamesOf,
  refuseUnknownOptions,
  shown,
  wholeNumber,
} from '@redpost/core';
import { listOf, score, type TimeUnit, timeField } from './sidekiq-job.js';

/** How jobs reach Sidekiq. */
export interface SidekiqJobsOptions {
  /** To the Redis database of Sidekiq. */
  connection: Connection;
  /** The queue that gets the jobs, without `queue:`. Default `default`. */
  queue?: string | undefined;
  /** How times are written: `ms` for Sidekiq 8, `s` for earlier versions. Default `ms`. */
  times?: TimeUnit | undefined;
}

/** How a job is pushed. */
export interface PushJobOptions {
  /** How long the job waits, in ms: Sidekiq's `perform_in`. Not with `at`. Default 0. */
  delayMs?: number | undefined;
  /** When it is due: Sidekiq's `perform_at`. */
  at?: Date | undefined;
  /** How often it is retried when it fails: a number, `true` for what Sidekiq is set to (25), `false` for never. Default true. */
  retry?: boolean | number | undefined;
  /** The id of the job. Default: 24 random hexadecimal digits. */
  jid?: string | undefined;
}

const optionNames: NamesOf<SidekiqJobsOptions> = { connection: true, queue: true, times: true };
const pushNames: NamesOf<PushJobOptions> = { delayMs: true, at: true, retry: true, jid: true };

/**
 * Pushes jobs for processes of Sidekiq.
 *
 * ```ts
 * const jobs = sidekiqJobs({ connection, queue: 'mails' });
 * await jobs.push('SendMail', ['ann@example.com']);
 * ```
 *
 * @throws InvalidArgumentError for an option that cannot work.
 */
export function sidekiqJobs(options: SidekiqJobsOptions): SidekiqJobs {
  return new SidekiqJobs(options);
}

/** See {@link sidekiqJobs}. */
export class SidekiqJobs {
  /** The name of Sidekiq's queue. */
  readonly queue: string;
  readonly #connection: Connection;
  readonly #times: TimeUnit;

  /** @throws InvalidArgumentError for an option that cannot work. */
  constructor(options: SidekiqJobsOptions) {
    this.#connection = checkedConnection('sidekiqJobs()', options);
    refuseUnknownOptions('sidekiqJobs()', options, optionNames);
    this.queue = checkedName('queue', options.queue ?? 'default');
    this.#times = checkedTimes(options.times);
  }

  /**
   * Pushes a job. Resolves to its id when it is in Redis.
   *
   * @param name the name of the Ruby class, e.g. `'SendMail'`.
   * @param args the arguments of `perform`: what JSON can represent.
   * @throws InvalidArgumentError, EncodeError: nothing was pushed.
   * @throws ConnectionError, TimeoutError, ServerError, OutOfMemoryError, ClosedError, WrongTypeError: their `outcome` says whether the
   *   job is known not to be there. A push that is repeated may run the job twice.
   */
  async push(
    name: string,
    args: readonly unknown[] = [],
    options: PushJobOptions = {},
  ): Promise<string> {
    refuseUnknownOptions('push()', options, pushNames);
    const { retry = true, jid = randomBytes(12).toString('hex') } = options;
    if (!Array.isArray(args))
      throw new InvalidArgumentError(`args is an array, got ${shown(args)}`);
    if (typeof retry !== 'boolean') wholeNumber('retry', retry, { min: 0 });
    const now = Date.now();
    const dueAt = dueTime(options, now);
    const job = {
      retry,
      queue: this.queue,
      class: checkedName('The name of a class', name),
      args,
      jid: checkedName('jid', jid),
      created_at: timeField(now, this.#times),
    };
    if (dueAt === undefined) await this.#pushNow({ ...job, enqueued_at: job.created_at });
    else await this.#connection.call('ZADD', ['schedule', score(dueAt), encoded(job)]);
    return jid;
  }

  async #pushNow(job: object): Promise<void> {
    const list = listOf(this.queue);
    const bytes = encoded(job);
    // So that the web interface lists the queue. It comes first, on the same socket.
    await Promise.all([
      this.#connection.call('SADD', ['queues', this.queue]),
      this.#connection.call('LPUSH', [list, bytes], { line: list }),
    ]);
  }
}

/** @throws InvalidArgumentError */
export function checkedTimes(times: TimeUnit = 'ms'): TimeUnit {
  if (times === 'ms' || times === 's') return times;
  throw new InvalidArgumentError(`times is 'ms' or 's', got ${shown(times)}`);
}

function encoded(job: object): string | Buffer {
  const bytes = encodeBody(json(), job);
  return typeof bytes === 'string' ? bytes : Buffer.from(bytes);
}

function dueTime({ delayMs, at }: PushJobOptions, now: number): number | undefined {
  if (delayMs !== undefined && at !== undefined) {
    throw new InvalidArgumentError('delayMs and at exclude each other');
  }
  if (at !== undefined) {
    const time = typeof at?.getTime === 'function' ? at.getTime() : Number.NaN;
    if (Number.isNaN(time)) throw new InvalidArgumentError(`at is a Date, got ${shown(at)}`);
    return time > now ? time : undefined;
  }
  if (delayMs === undefined || wholeNumber('delayMs', delayMs, { min: 0 }) === 0) return undefined;
  return now + delayMs;
}
