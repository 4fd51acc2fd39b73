import { randomUUID } from 'node:crypto';
import {
  type Connection,
  checkedConnection,
  checkedName,
  InvalidArgumentError,
  longestTimerMs,
  type NamesOf,
  refuseUnknownOptions,
  shown,
  wholeNumber,
} from '@redpost/core';
import { isObject } from '../json-object.js';
import { type CeleryListOptions, CeleryLists } from './celery-lists.js';
import { encodeTask, type NewTask } from './celery-message.js';
import { CeleryResults, resultKeptMs } from './celery-results.js';

/** How tasks reach the workers of Celery. */
export interface CeleryTasksOptions extends CeleryListOptions {
  /** To the Redis database that is Celery's `broker_url`. */
  connection: Connection;
  /** The queue of Celery that gets the tasks. Default `celery`. */
  queue?: string | undefined;
  /** To the Redis database that is Celery's `result_backend`. Default: `connection`. */
  resultConnection?: Connection | undefined;
}

/** How a task is sent. */
export interface SendTaskOptions {
  /** How long the task waits before it may start, in ms: Celery's `countdown`. Default 0. */
  etaMs?: number | undefined;
  /** After how long it is not started any more, in ms: Celery's `expires`. Default: never. */
  expiresMs?: number | undefined;
  /** 0 to 9; lower is sooner, unlike in redpost. Default 0. */
  priority?: number | undefined;
  /** The id of the task. Default: a random UUID. */
  id?: string | undefined;
  /** True to have no result stored. Default false. */
  ignoreResult?: boolean | undefined;
}

/** How a result is awaited. */
export interface AwaitResultOptions {
  /** How long to wait, in ms. Default 30 000. */
  timeoutMs?: number | undefined;
  /** Ends the wait, which rejects with the reason of the signal. */
  signal?: AbortSignal | undefined;
}

/** How a task is sent, and its result awaited. */
export type CallTaskOptions = Omit<SendTaskOptions, 'ignoreResult'> & AwaitResultOptions;

const optionNames: NamesOf<CeleryTasksOptions> = {
  connection: true,
  queue: true,
  resultConnection: true,
  prioritySteps: true,
  separator: true,
};
const sendNames: NamesOf<SendTaskOptions> = {
  etaMs: true,
  expiresMs: true,
  priority: true,
  id: true,
  ignoreResult: true,
};
const awaitNames: NamesOf<AwaitResultOptions> = { timeoutMs: true, signal: true };
const { ignoreResult: _, ...callNames } = { ...sendNames, ...awaitNames };

/**
 * Sends tasks to workers of Celery, and awaits their results.
 *
 * ```ts
 * const tasks = celeryTasks({ connection });
 * const sum = await tasks.call<number>('tasks.add', [1, 2]);
 * ```
 *
 * @throws InvalidArgumentError for an option that cannot work.
 */
export function celeryTasks(options: CeleryTasksOptions): CeleryTasks {
  return new CeleryTasks(options);
}

/** See {@link celeryTasks}. */
export class CeleryTasks {
  /** The name of Celery's queue. */
  readonly queue: string;
  readonly #connection: Connection;
  readonly #lists: CeleryLists;
  readonly #results: CeleryResults;

  /** @throws InvalidArgumentError for an option that cannot work. */
  constructor(options: CeleryTasksOptions) {
    this.#connection = checkedConnection('celeryTasks()', options);
    refuseUnknownOptions('celeryTasks()', options, optionNames);
    const { queue = 'celery', resultConnection: connection = this.#connection } = options;
    this.queue = checkedName('queue', queue);
    this.#lists = new CeleryLists(options);
    const results = checkedConnection('The resultConnection of celeryTasks()', { connection });
    this.#results = new CeleryResults(results, resultKeptMs);
  }

  /**
   * Sends a task. Resolves to its id when it is in Redis.
   *
   * @param name the name under which the worker knows the task, e.g. `'tasks.add'`.
   * @param args the positional arguments: what JSON can represent.
   * @param kwargs the keyword arguments.
   * @throws InvalidArgumentError, EncodeError: nothing was sent.
   * @throws ConnectionError, TimeoutError, ServerError, OutOfMemoryError, ClosedError, WrongTypeError: their `outcome` says whether
   *   the task is known not to be there. A send that is repeated may run the task twice.
   */
  async send(
    name: string,
    args: readonly unknown[] = [],
    kwargs: Readonly<Record<string, unknown>> = {},
    options: SendTaskOptions = {},
  ): Promise<string> {
    refuseUnknownOptions('send()', options, sendNames);
    const task = this.#newTask(name, args, kwargs, options);
    const list = this.#lists.at(task.queue, task.priority);
    await this.#connection.call('LPUSH', [list, encodeTask(task)], { line: list });
    return task.id;
  }

  /**
   * Waits for the result of a task: what it has returned. Celery keeps it for a day, so that it may also be asked for later.
   *
   * @throws CeleryTaskError when the task has failed or was revoked.
   * @throws TimeoutError when there is no result in time: the task may still run, or there may be none of this id.
   * @throws DecodeError when the result is not in JSON.
   */
  async result<Value = unknown>(id: string, options: AwaitResultOptions = {}): Promise<Value> {
    refuseUnknownOptions('result()', options, awaitNames);
    const { timeoutMs = 30_000, signal } = options;
    wholeNumber('timeoutMs', timeoutMs, { min: 1, max: longestTimerMs });
    return (await this.#results.wait(checkedName('id', id), timeoutMs, signal)) as Value;
  }

  /**
   * Sends a task, and waits for its result.
   *
   * @throws what `send` and `result` throw.
   */
  async call<Value = unknown>(
    name: string,
    args: readonly unknown[] = [],
    kwargs: Readonly<Record<string, unknown>> = {},
    options: CallTaskOptions = {},
  ): Promise<Value> {
    refuseUnknownOptions('call()', options, callNames);
    const { timeoutMs, signal, ...send } = options;
    signal?.throwIfAborted();
    return this.result<Value>(await this.send(name, args, kwargs, send), { timeoutMs, signal });
  }

  #newTask(
    name: string,
    args: readonly unknown[],
    kwargs: Readonly<Record<string, unknown>>,
    { etaMs = 0, expiresMs, priority = 0, id = randomUUID(), ignoreResult }: SendTaskOptions,
  ): NewTask {
    if (!Array.isArray(args))
      throw new InvalidArgumentError(`args is an array, got ${shown(args)}`);
    if (!isObject(kwargs)) {
      throw new InvalidArgumentError(`kwargs is an object, got ${shown(kwargs)}`);
    }
    wholeNumber('etaMs', etaMs, { min: 0 });
    if (expiresMs !== undefined) wholeNumber('expiresMs', expiresMs, { min: 1 });
    const now = Date.now();
    return {
      id: checkedName('id', id),
      name: checkedName('The name of a task', name),
      args,
      kwargs,
      eta: etaMs > 0 ? new Date(now + etaMs) : undefined,
      expires: expiresMs === undefined ? undefined : new Date(now + expiresMs),
      ignoreResult,
      queue: this.queue,
      priority: wholeNumber('priority', priority, { min: 0, max: 9 }),
    };
  }
}
