import {
  asError,
  type Codec,
  type Connection,
  checkedConnection,
  checkedName,
  decodeOnly,
  longestTimerMs,
  type NamesOf,
  refuseUnknownOptions,
  wholeNumber,
} from '@redpost/core';
import {
  type AllConsumer,
  type ConsumeOptions,
  consumeAll,
  type Delivery,
  Queue,
} from '@redpost/queue';
import { checkedHandlers } from '../checked-handlers.js';
import { within } from '../within.js';
import { DueJobs } from './due-jobs.js';
import {
  backoffOf,
  type LaravelJob,
  type LaravelMessage,
  listOf,
  readJob,
  retryUntilOf,
  triesOf,
} from './laravel-job.js';
import { checkedPrefix, refuseCluster } from './options.js';
import { delayedOf } from './scripts.js';

/** Performs a job. What it throws fails the attempt. */
export type LaravelHandler = (job: LaravelJob) => unknown;

/** A job that has failed, and what follows. */
export interface FailedLaravelJob {
  readonly job: LaravelMessage;
  readonly error: Error;
  /** `released`: it is in Laravel's set of delayed jobs. `dead`: it is a dead letter. */
  readonly next: 'released' | 'dead';
}

/** How jobs of Laravel are handled. */
export interface ConsumeLaravelOptions
  extends Omit<
    ConsumeOptions,
    'order' | 'onFailure' | 'onExpired' | 'maxAttempts' | 'backoff' | 'timeoutMs'
  > {
  /** To the Redis database of Laravel's queues: standalone or by Sentinel. */
  connection: Connection;
  /** What Laravel puts in front of its keys: `database.redis.options.prefix`, e.g. `laravel-database-`. Default none. */
  prefix?: string | undefined;
  /** How often a job is tried that does not say it itself, at least 1: `--tries` of a worker. Default 1. */
  tries?: number | undefined;
  /** How long a job waits for its next attempt that does not say it itself, in ms: `--backoff` of a worker. Default 0. */
  backoffMs?: number | undefined;
  /** How often delayed jobs are looked at, in ms on average, at least 1. Default 1000. */
  pollMs?: number | undefined;
  /** Told of each attempt that has failed. Default: nobody. */
  onFailed?: ((failed: FailedLaravelJob) => void) | undefined;
}

const optionNames: NamesOf<ConsumeLaravelOptions> = {
  connection: true,
  prefix: true,
  tries: true,
  backoffMs: true,
  pollMs: true,
  onFailed: true,
  concurrency: true,
  leaseMs: true,
  heartbeat: true,
  maxBlockedMs: true,
  signal: true,
};
const about = { call: 'consumeLaravel()', names: 'classes', example: "'App\\\\Jobs\\\\SendMail'" };

/**
 * Handles the jobs of queues of Laravel, beside its workers or in their place, until the consumer is stopped. A job is leased while
 * its handler runs: if this process dies, another consumer gets it. A job that fails is released as Laravel does it: it waits in the set of
 * delayed jobs, with one attempt more. After the last one, and when it cannot be handled, it becomes a dead letter with its bytes.
 *
 * ```ts
 * consumeLaravel('default', { 'App\\Jobs\\SendMail': ({ data }) => send(data) }, { connection });
 * ```
 *
 * @param queues the name of a queue, or names and weights of several, as for `consumeAll`.
 * @param handlers the handlers by the names of their PHP classes.
 * @throws InvalidArgumentError for an argument or option that cannot work.
 */
export function consumeLaravel(
  queues: string | Readonly<Record<string, number>>,
  handlers: Readonly<Record<string, LaravelHandler>>,
  options: ConsumeLaravelOptions,
): AllConsumer<LaravelMessage> {
  const connection = checkedConnection('consumeLaravel()', options);
  refuseUnknownOptions('consumeLaravel()', options, optionNames);
  refuseCluster(connection);
  const { pollMs = 1000, concurrency, leaseMs, heartbeat, maxBlockedMs, signal } = options;
  wholeNumber('pollMs', pollMs, { min: 1, max: longestTimerMs });
  const prefix = checkedPrefix(options.prefix);
  const codec = decodeOnly(jobCodec(checkedHandlers(about, handlers)));
  const run = new JobRun(connection, handlers, prefix, options);
  const weights = Object.entries(typeof queues === 'string' ? { [queues]: 1 } : queues);
  const named = weights.map(([name, weight]) => {
    const list = listOf(checkedName('queue', name), prefix);
    return [new Queue<LaravelMessage>(list, { connection, codec }), weight] as const;
  });
  const consumer = consumeAll<LaravelMessage>(
    new Map(named),
    // Laravel pushes on the right, and the oldest job is on the left.
    { concurrency, leaseMs, heartbeat, maxBlockedMs, signal, order: 'lifo' },
    (delivery) => run.handle(delivery),
  );
  const dueJobs = new DueJobs(
    connection,
    named.map(([{ name }]) => name),
    pollMs,
  );
  consumer.on('stopped', () => dueJobs.stop());
  dueJobs.start();
  return consumer;
}

/** Handles jobs as a worker does: attempts, releases and failures. */
class JobRun {
  readonly #connection: Connection;
  readonly #handlers: Readonly<Record<string, LaravelHandler>>;
  readonly #prefix: string;
  readonly #tries: number;
  readonly #backoffMs: number;
  readonly #onFailed: (failed: FailedLaravelJob) => void;

  constructor(
    connection: Connection,
    handlers: Readonly<Record<string, LaravelHandler>>,
    prefix: string,
    { tries = 1, backoffMs = 0, onFailed = () => {} }: ConsumeLaravelOptions,
  ) {
    this.#connection = connection;
    this.#handlers = handlers;
    this.#prefix = prefix;
    this.#tries = wholeNumber('tries', tries, { min: 1 });
    this.#backoffMs = wholeNumber('backoffMs', backoffMs, { min: 0 });
    this.#onFailed = onFailed;
  }

  async handle(delivery: Delivery<LaravelMessage>): Promise<void> {
    const { body: message, signal: outer } = delivery;
    const { name, payload } = message;
    const attempt = Number(payload.attempts) + delivery.attempt;
    const queue = delivery.queue.slice(listOf('', this.#prefix).length);
    const timeoutS = typeof payload.timeout === 'number' ? payload.timeout : 0;
    try {
      await within(timeoutS * 1000, outer, async (signal) =>
        (this.#handlers[name] as LaravelHandler)({ ...message, queue, attempt, signal }),
      );
    } catch (error) {
      // Somebody else has it now, or will have it.
      if (outer.aborted) throw error;
      await this.#failed(delivery, attempt, asError(error));
    }
  }

  async #failed(delivery: Delivery<LaravelMessage>, attempt: number, error: Error): Promise<void> {
    const { body: job, queue: list } = delivery;
    const isLast = this.#isLast(job, attempt);
    if (isLast) await delivery.deadLetter(`${error.name}: ${error.message}`);
    else await this.#release(job, list, attempt);
    this.#onFailed({ job, error, next: isLast ? 'dead' : 'released' });
  }

  #isLast({ payload }: LaravelMessage, attempt: number): boolean {
    const until = retryUntilOf(payload);
    if (until !== undefined) return until <= Date.now();
    const tries = triesOf(payload, this.#tries);
    return tries > 0 && attempt >= tries;
  }

  async #release({ payload }: LaravelMessage, list: string, attempt: number): Promise<void> {
    const waitMs = backoffOf(payload, attempt) ?? this.#backoffMs;
    const dueAtS = Math.ceil((Date.now() + waitMs) / 1000);
    const released = JSON.stringify({ ...payload, attempts: attempt });
    await this.#connection.call('ZADD', [delayedOf({ list }), dueAtS, released]);
  }
}

/** Reads the jobs that there are handlers for: what else comes is a message that cannot be decoded, and a dead letter. */
function jobCodec(
  handlers: Readonly<Record<string, LaravelHandler>>,
): Pick<Codec<LaravelMessage>, 'name' | 'decode'> {
  return {
    name: 'a job that can be handled here',
    decode(bytes) {
      const job = readJob(bytes);
      if (Object.hasOwn(handlers, job.name)) return job;
      throw new TypeError(`There is no handler for ${job.name}`);
    },
  };
}
