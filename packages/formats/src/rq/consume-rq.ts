import {
  asError,
  type Connection,
  checkedConnection,
  checkedName,
  decodeOnly,
  type NamesOf,
  refuseUnknownOptions,
  text,
} from '@redpost/core';
import { warn } from '@redpost/core/consuming';
import {
  type AllConsumer,
  type ConsumeOptions,
  consumeAll,
  type Delivery,
  Queue,
} from '@redpost/queue';
import { checkedHandlers } from '../checked-handlers.js';
import { within } from '../within.js';
import { encodedResult, type FailedRqJob, Outcomes } from './outcomes.js';
import { refuseCluster } from './refuse-cluster.js';
import {
  isRefusedJob,
  type JobFields,
  metaOf,
  numberOf,
  RefusedJob,
  type RqJob,
  readCall,
  textOf,
} from './rq-job.js';
import { listOf } from './rq-keys.js';
import { start } from './scripts.js';

/** Performs a job: what it returns is the result, what it throws fails the attempt. */
export type RqHandler = (job: RqJob) => unknown;

/** How jobs of RQ are handled. */
export interface ConsumeRqOptions
  extends Omit<
    ConsumeOptions,
    'order' | 'onFailure' | 'onExpired' | 'maxAttempts' | 'backoff' | 'timeoutMs'
  > {
  /** To the Redis database of RQ: standalone or by Sentinel. */
  connection: Connection;
  /** Told of each attempt that has failed. Default: a process warning for each job that is not retried. */
  onFailed?: ((failed: FailedRqJob) => void) | undefined;
}

const optionNames: NamesOf<ConsumeRqOptions> = {
  connection: true,
  onFailed: true,
  concurrency: true,
  leaseMs: true,
  heartbeat: true,
  maxBlockedMs: true,
  signal: true,
};
const about = { call: 'consumeRq()', names: 'functions', example: "'tasks.add'" };
/** The states in which RQ does not run a job that is in a queue. */
const ended = new Set(['finished', 'failed', 'canceled', 'stopped']);
/** The timeout of a job that says none, in seconds. Source: rq/queue.py. */
const defaultTimeoutS = 180;

/**
 * Handles the jobs of queues of RQ whose `serializer` is `'json'`, beside its workers or in their place, until the consumer is
 * stopped. The id of a job is leased while its handler runs: if this process dies, another consumer gets it. Results, failures,
 * retries and jobs that depend on others are as RQ has them.
 *
 * ```ts
 * consumeRq('default', { 'tasks.add': ({ args: [x, y] }) => Number(x) + Number(y) }, { connection });
 * ```
 *
 * @param queues the name of a queue, or names and weights of several, as for `consumeAll`.
 * @param handlers the handlers by the paths of their Python functions.
 * @throws InvalidArgumentError for an argument or option that cannot work.
 */
export function consumeRq(
  queues: string | Readonly<Record<string, number>>,
  handlers: Readonly<Record<string, RqHandler>>,
  options: ConsumeRqOptions,
): AllConsumer<string> {
  const connection = checkedConnection('consumeRq()', options);
  refuseUnknownOptions('consumeRq()', options, optionNames);
  refuseCluster(connection);
  const { onFailed = warnOfEnd, concurrency, leaseMs, heartbeat, maxBlockedMs, signal } = options;
  const run = new JobRun(connection, checkedHandlers(about, handlers), onFailed);
  // Ids are text, and ours would be a job that does not exist.
  const codec = decodeOnly(text());
  const weights = Object.entries(typeof queues === 'string' ? { [queues]: 1 } : queues);
  return consumeAll<string>(
    new Map(
      weights.map(([name, weight]) => [
        new Queue<string>(listOf(checkedName('queue', name)), { connection, codec }),
        weight,
      ]),
    ),
    // RQ pushes on the right, and the oldest job is on the left.
    { concurrency, leaseMs, heartbeat, maxBlockedMs, signal, order: 'lifo' },
    (delivery) => run.handle(delivery),
  );
}

/** Handles jobs as a worker does. What became of a job is in its hash before its id is acknowledged. */
class JobRun {
  readonly #connection: Connection;
  readonly #handlers: Readonly<Record<string, RqHandler>>;
  readonly #onFailed: (failed: FailedRqJob) => void;
  readonly #outcomes: Outcomes;

  constructor(
    connection: Connection,
    handlers: Readonly<Record<string, RqHandler>>,
    onFailed: (failed: FailedRqJob) => void,
  ) {
    this.#connection = connection;
    this.#handlers = handlers;
    this.#onFailed = onFailed;
    this.#outcomes = new Outcomes(connection);
  }

  async handle(delivery: Delivery<string>): Promise<void> {
    const id = delivery.body;
    const fields = await this.#connection.run(start, { id });
    // As RQ does: it was deleted, or its ttl is over.
    if (!fields.has('data')) return;
    const status = textOf(fields, 'status');
    // The worker that has ended it may have died before the next step.
    if (ended.has(status)) return this.#outcomes.afterwards(id, status, fields);
    const queue = delivery.queue.slice(listOf('').length);
    let result: string;
    try {
      result = encodedResult(await this.#perform(fields, queue, delivery));
      delivery.signal.throwIfAborted();
    } catch (error) {
      // Somebody else has it now, or will have it.
      if (delivery.signal.aborted) throw error;
      return this.#failed(asError(error), queue, fields, delivery);
    }
    await this.#outcomes.succeeded(id, queue, fields, result);
  }

  async #perform(fields: JobFields, queue: string, delivery: Delivery<string>): Promise<unknown> {
    const { name, args, kwargs } = readCall(fields);
    const handler = Object.hasOwn(this.#handlers, name) ? this.#handlers[name] : undefined;
    if (!handler) throw new RefusedJob(`There is no handler for ${name}`);
    const retriesLeft = numberOf(fields, 'retries_left') ?? 0;
    const about = {
      id: delivery.body,
      name,
      args,
      kwargs,
      queue,
      meta: metaOf(fields),
      retriesLeft,
    };
    const timeoutS = numberOf(fields, 'timeout') ?? defaultTimeoutS;
    return within(timeoutS * 1000, delivery.signal, async (signal) =>
      handler({ ...about, signal }),
    );
  }

  async #failed(
    error: Error,
    queue: string,
    fields: JobFields,
    delivery: Delivery<string>,
  ): Promise<void> {
    const id = delivery.body;
    const isRefused = isRefusedJob(error);
    const waitMs = isRefused ? undefined : await this.#outcomes.retried(id, fields);
    if (waitMs === undefined) await this.#outcomes.failed(id, queue, fields, error);
    // Not through RQ's list: what waits there could be taken at once.
    else await delivery.retry({ delayMs: waitMs });
    this.#onFailed({ id, error, next: waitMs === undefined ? 'failed' : 'retry' });
  }
}

function warnOfEnd({ id, error, next }: FailedRqJob): void {
  if (next === 'failed') warn(new Error(`The job ${id} of RQ has failed: ${error.message}`));
}
