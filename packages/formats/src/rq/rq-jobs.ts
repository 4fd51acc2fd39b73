import { randomUUID } from 'node:crypto';
import { deflateSync } from 'node:zlib';
import {
  type Connection,
  checkedConnection,
  checkedName,
  encodeBody,
  InvalidArgumentError,
  json,
  longestTimerMs,
  type NamesOf,
  refuseUnknownOptions,
  shown,
  wholeNumber,
} from '@redpost/core';
import { isObject } from '../json-object.js';
import { awaitResult } from './await-result.js';
import { refuseCluster } from './refuse-cluster.js';
import { enqueue } from './scripts.js';

/** How jobs reach the workers of RQ. */
export interface RqJobsOptions {
  /** To the Redis database of RQ: standalone or by Sentinel. */
  connection: Connection;
  /** The queue that gets the jobs. Default `default`. */
  queue?: string | undefined;
}

/** How a job is enqueued. RQ counts in seconds: durations are rounded up. */
export interface EnqueueJobOptions {
  /** How long the job may run, in ms; 0 for no limit. Default 180 000, as in RQ. */
  timeoutMs?: number | undefined;
  /** After how long it is not started any more, in ms. Default: never. */
  ttlMs?: number | undefined;
  /** How long its result is kept, in ms; 0 for none. Default: what the worker is set to, 500 s. */
  keepResultMs?: number | undefined;
  /** How often it is retried when it fails. Default 0. */
  retries?: number | undefined;
  /** How long to wait before each retry, in ms. RQ needs a worker with its scheduler for that. Default 0. */
  retryDelayMs?: number | undefined;
  /** What else is noted on the job: `job.meta` in Python. Default: nothing. */
  meta?: Readonly<Record<string, unknown>> | undefined;
  /** The id of the job. One that RQ still has is not enqueued again. Default: a random UUID. */
  id?: string | undefined;
}

/** How a result is awaited. */
export interface AwaitJobOptions {
  /** How long to wait, in ms. Default 30 000. */
  timeoutMs?: number | undefined;
  /** Ends the wait, which rejects with the reason of the signal. */
  signal?: AbortSignal | undefined;
}

const optionNames: NamesOf<RqJobsOptions> = { connection: true, queue: true };
const enqueueNames: NamesOf<EnqueueJobOptions> = {
  timeoutMs: true,
  ttlMs: true,
  keepResultMs: true,
  retries: true,
  retryDelayMs: true,
  meta: true,
  id: true,
};
const awaitNames: NamesOf<AwaitJobOptions> = { timeoutMs: true, signal: true };
const defaultTimeoutMs = 180_000;

/**
 * Enqueues jobs for workers of RQ with `serializer='json'`, and awaits their results.
 *
 * ```ts
 * const jobs = rqJobs({ connection });
 * const sum = await jobs.result<number>(await jobs.enqueue('tasks.add', [1, 2]));
 * ```
 *
 * @throws InvalidArgumentError for an option that cannot work.
 */
export function rqJobs(options: RqJobsOptions): RqJobs {
  return new RqJobs(options);
}

/** See {@link rqJobs}. */
export class RqJobs {
  /** The name of RQ's queue. */
  readonly queue: string;
  readonly #connection: Connection;

  /** @throws InvalidArgumentError for an option that cannot work. */
  constructor(options: RqJobsOptions) {
    this.#connection = checkedConnection('rqJobs()', options);
    refuseUnknownOptions('rqJobs()', options, optionNames);
    refuseCluster(this.#connection);
    this.queue = checkedName('queue', options.queue ?? 'default');
  }

  /**
   * Enqueues a job. Resolves to its id when it is in Redis.
   *
   * @param name the path of the Python function, e.g. `'tasks.add'`.
   * @param args the positional arguments: what JSON can represent.
   * @param kwargs the keyword arguments.
   * @throws InvalidArgumentError, EncodeError: nothing was enqueued.
   * @throws ConnectionError, TimeoutError, ServerError, OutOfMemoryError, ClosedError: their `outcome` says whether the job is known not to
   *   be there. With an `id`, the call can be repeated: the job is enqueued once.
   */
  async enqueue(
    name: string,
    args: readonly unknown[] = [],
    kwargs: Readonly<Record<string, unknown>> = {},
    options: EnqueueJobOptions = {},
  ): Promise<string> {
    refuseUnknownOptions('enqueue()', options, enqueueNames);
    const { id = randomUUID(), ttlMs } = options;
    const { queue } = this;
    await this.#connection.run(enqueue, {
      id: checkedId(id),
      queue,
      ttlS: ttlMs === undefined ? 0 : seconds('ttlMs', ttlMs, 1),
      fields: {
        ...callFields(checkedName('The name of a function', name), args, kwargs),
        ...optionFields(options),
        origin: queue,
      },
    });
    return id;
  }

  /**
   * Waits for the result of a job: what its function has returned. RQ keeps it for 500 s by default, so it may also be asked for later.
   *
   * @throws RqJobError when the job has failed or was stopped.
   * @throws TimeoutError when there is no result in time: the job may still run, or there may be none of this id.
   * @throws DecodeError when the result is not in JSON.
   */
  async result<Value = unknown>(id: string, options: AwaitJobOptions = {}): Promise<Value> {
    refuseUnknownOptions('result()', options, awaitNames);
    const { timeoutMs = 30_000, signal } = options;
    wholeNumber('timeoutMs', timeoutMs, { min: 1, max: longestTimerMs });
    return (await awaitResult(this.#connection, checkedId(id), timeoutMs, signal)) as Value;
  }
}

/** RQ takes an id with a colon for a part of a key. */
function checkedId(id: string): string {
  if (!/[^\w-]/.test(checkedName('id', id))) return id;
  throw new InvalidArgumentError(
    `id has letters, digits, underscores and dashes, got ${shown(id)}`,
  );
}

/** What every job has, as RQ writes it. Source: rq/job.py. */
function callFields(
  name: string,
  args: readonly unknown[],
  kwargs: Readonly<Record<string, unknown>>,
) {
  if (!Array.isArray(args)) throw new InvalidArgumentError(`args is an array, got ${shown(args)}`);
  if (!isObject(kwargs)) {
    throw new InvalidArgumentError(`kwargs is an object, got ${shown(kwargs)}`);
  }
  const now = new Date().toISOString();
  return {
    created_at: now,
    enqueued_at: now,
    data: deflateSync(encodeBody(json(), [name, null, args, kwargs])),
    description: `${name}()`,
    status: 'queued',
    success_callback_name: '',
    failure_callback_name: '',
    started_at: '',
    ended_at: '',
    last_heartbeat: '',
    worker_name: '',
    group_id: '',
  };
}

function optionFields({
  timeoutMs = defaultTimeoutMs,
  ttlMs,
  keepResultMs,
  retries = 0,
  retryDelayMs = 0,
  meta,
}: EnqueueJobOptions): Record<string, string | number | Buffer> {
  wholeNumber('retries', retries, { min: 0 });
  const retryDelayS = seconds('retryDelayMs', retryDelayMs, 0);
  if (meta !== undefined && !isObject(meta)) {
    throw new InvalidArgumentError(`meta is an object, got ${shown(meta)}`);
  }
  return {
    timeout: seconds('timeoutMs', timeoutMs, 0) || -1,
    ...(ttlMs !== undefined && { ttl: seconds('ttlMs', ttlMs, 1) }),
    ...(keepResultMs !== undefined && { result_ttl: seconds('keepResultMs', keepResultMs, 0) }),
    ...(retries > 0 && { retries_left: retries, retry_intervals: JSON.stringify([retryDelayS]) }),
    ...(meta && { meta: String(encodeBody(json(), meta)) }),
  };
}

/** As RQ counts. */
function seconds(option: string, ms: number, min: number): number {
  return Math.ceil(wholeNumber(option, ms, { min }) / 1000);
}
