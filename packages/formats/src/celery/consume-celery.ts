import {
  type Codec,
  type Connection,
  checkedConnection,
  checkedName,
  decodeOnly,
  isRedpostError,
  type NamesOf,
  refuseUnknownOptions,
  wholeNumber,
} from '@redpost/core';
import { onAbort, warn } from '@redpost/core/consuming';
import {
  type AllConsumer,
  type ConsumeOptions,
  consumeAll,
  type Delivery,
  Queue,
} from '@redpost/queue';
import { checkedHandlers } from '../checked-handlers.js';
import { type CeleryListOptions, CeleryLists } from './celery-lists.js';
import { decodeTask, type TaskMessage } from './celery-message.js';
import { CeleryResults, resultKeptMs } from './celery-results.js';
import type { CeleryMessage, CeleryTask } from './celery-task.js';
import { CrashedTasks } from './crashed-tasks.js';
import { RefusedTask, refusal } from './errors.js';
import { FollowUps } from './follow-ups.js';

/** Handles a task: what it returns is the result, what it throws fails the attempt. */
export type CeleryHandler = (task: CeleryTask) => unknown;

/** How tasks of Celery are handled: as `consumeAll` has it, but for what Celery decides itself. */
export interface ConsumeCeleryOptions
  extends CeleryListOptions,
    Omit<ConsumeOptions, 'order' | 'onFailure' | 'onExpired'> {
  /** To the Redis database that is Celery's `broker_url`. */
  connection: Connection;
  /** To the Redis database that is Celery's `result_backend`. Default: `connection`. */
  resultConnection?: Connection | undefined;
  /** How long results are kept, in ms, at least 1: Celery's `result_expires`. Default: a day. */
  resultExpiresMs?: number | undefined;
}

const optionNames: NamesOf<ConsumeCeleryOptions> = {
  connection: true,
  resultConnection: true,
  resultExpiresMs: true,
  prioritySteps: true,
  separator: true,
  concurrency: true,
  leaseMs: true,
  heartbeat: true,
  maxBlockedMs: true,
  maxAttempts: true,
  backoff: true,
  timeoutMs: true,
  signal: true,
};
const defaultMaxAttempts = 5;
const about = { call: 'consumeCelery()', names: 'tasks', example: "'tasks.add'" };

/**
 * Handles the tasks of a queue of Celery, beside its workers or in their place, until the consumer is stopped. A task is
 * leased while its handler runs: if this process dies, another consumer gets it. A task whose handler has thrown at every
 * attempt, and one that cannot be handled (unknown name, pickle, chord), becomes a dead letter of the list that it came
 * from, with its bytes. Results are stored as Celery stores them, at each outcome.
 *
 * ```ts
 * consumeCelery('celery', { 'tasks.add': ({ args: [x, y] }) => Number(x) + Number(y) }, { connection });
 * ```
 *
 * @param queue the name of Celery's queue: `celery` unless it is told otherwise.
 * @param handlers the handlers by the names of their tasks.
 * @throws InvalidArgumentError for an argument or option that cannot work.
 */
export function consumeCelery(
  queue: string,
  handlers: Readonly<Record<string, CeleryHandler>>,
  options: ConsumeCeleryOptions,
): AllConsumer<CeleryMessage> {
  const connection = checkedConnection('consumeCelery()', options);
  refuseUnknownOptions('consumeCelery()', options, optionNames);
  const { resultConnection = connection, resultExpiresMs = resultKeptMs } = options;
  const { prioritySteps, separator, maxAttempts = defaultMaxAttempts } = options;
  const lists = new CeleryLists({ prioritySteps, separator });
  const results = new CeleryResults(
    checkedConnection('The resultConnection of consumeCelery()', { connection: resultConnection }),
    wholeNumber('resultExpiresMs', resultExpiresMs, { min: 1 }),
  );
  const codec = decodeOnly(taskCodec(checkedHandlers(about, handlers)));
  const names = lists.of(checkedName('queue', queue));
  const queues = new Map(
    names.map((name) => [name, new Queue<CeleryMessage>(name, { connection, codec })]),
  );
  const followUps = new FollowUps(connection, lists, queue);
  const run = new TaskRun(handlers, results, followUps, maxAttempts);
  const consumer = consumeAll(
    new Map(Array.from(queues.values(), (each) => [each, 1])),
    { ...consumeOptions(options), strict: true },
    (delivery) => run.handle(delivery),
  );
  // Settled by the consumer: such a task is no attempt of a handler.
  consumer.on('failed', ({ error }) => void run.refused(error).catch(warn));
  const crashed = new CrashedTasks({ connection, queues, results, followUps });
  consumer.on('recovered', ({ queue: name, deadLettered }) => {
    if (deadLettered > 0) void crashed.store(name).catch(warn);
  });
  return consumer;
}

function consumeOptions({
  concurrency,
  leaseMs,
  heartbeat,
  maxBlockedMs,
  maxAttempts,
  backoff,
  timeoutMs,
  signal,
}: ConsumeCeleryOptions): ConsumeOptions {
  const lease = { leaseMs, heartbeat, maxBlockedMs, maxAttempts };
  return { ...lease, concurrency, backoff, timeoutMs, signal };
}

/** Reads the tasks that there are handlers for: what else comes is a message that cannot be decoded, and a dead letter. */
function taskCodec(
  handlers: Readonly<Record<string, CeleryHandler>>,
): Pick<Codec<CeleryMessage>, 'name' | 'decode'> {
  return {
    name: 'a task that can be handled here',
    decode(bytes) {
      const task = decodeTask(bytes);
      if (Object.hasOwn(handlers, task.name)) return task;
      throw new RefusedTask(
        `There is no handler for ${task.name}`,
        task.id,
        refusal('NotRegistered', 'celery.exceptions', task.name),
      );
    },
  };
}

/** Handles tasks as a worker does: eta, expiry, results, and what follows. */
class TaskRun {
  readonly #handlers: Readonly<Record<string, CeleryHandler>>;
  readonly #results: CeleryResults;
  readonly #followUps: FollowUps;
  readonly #maxAttempts: number;

  constructor(
    handlers: Readonly<Record<string, CeleryHandler>>,
    results: CeleryResults,
    followUps: FollowUps,
    maxAttempts: number,
  ) {
    this.#handlers = handlers;
    this.#results = results;
    this.#followUps = followUps;
    this.#maxAttempts = maxAttempts;
  }

  /** Stores for who waits for the task that it was refused. */
  async refused(error: Error): Promise<void> {
    const { cause } = error;
    if (!isRedpostError(error, 'DECODE') || !isRefusedTask(cause) || !cause.taskId) return;
    await this.#results.refused({ id: cause.taskId }, cause.exception);
  }

  async handle(delivery: Delivery<CeleryMessage>): Promise<void> {
    const task = delivery.body as TaskMessage; // as the codec has read it
    const now = Date.now();
    if (task.expires && task.expires.getTime() < now) return this.#results.expired(task);
    const waitMs = task.eta ? task.eta.getTime() - now : 0;
    // Not through the list, where a worker of Celery would find something that it cannot read.
    if (waitMs > 0) return delivery.retry({ delayMs: waitMs });
    try {
      const value = await unlessAborted(delivery.signal, this.#call(task, delivery));
      const children = await this.#followUps.succeeded(task, value);
      await this.#results.succeeded(task, value, children);
    } catch (error) {
      await this.#failed(task, delivery, error);
      throw error;
    }
  }

  async #call(task: TaskMessage, { attempt, signal }: Delivery<CeleryMessage>): Promise<unknown> {
    const { id, name, args, kwargs, retries, eta, expires, headers } = task;
    const handler = this.#handlers[name] as CeleryHandler;
    return handler({ id, name, args, kwargs, retries, eta, expires, headers, attempt, signal });
  }

  async #failed(
    task: TaskMessage,
    delivery: Delivery<CeleryMessage>,
    error: unknown,
  ): Promise<void> {
    // Somebody else has it now, or will have it: what has become of it is not for this attempt to say.
    if (delivery.signal.aborted && !isRedpostError(error, 'ATTEMPT_TIMEOUT')) return;
    const isLast = delivery.attempt >= this.#maxAttempts;
    await this.#results.failed(task, error, isLast ? 'FAILURE' : 'RETRY');
    if (isLast) await this.#followUps.failed(task);
  }
}

function isRefusedTask(error: unknown): error is RefusedTask {
  return error instanceof Error && error.name === 'RefusedTask';
}

/** Rejects with the reason of the signal as soon as that is aborted. */
async function unlessAborted<Value>(signal: AbortSignal, promise: Promise<Value>): Promise<Value> {
  let unlisten = () => {};
  const aborted = new Promise<never>((_, reject) => {
    unlisten = onAbort(signal, () => reject(signal.reason));
  });
  try {
    const value = await Promise.race([promise, aborted]);
    signal.throwIfAborted();
    return value;
  } finally {
    unlisten();
  }
}
