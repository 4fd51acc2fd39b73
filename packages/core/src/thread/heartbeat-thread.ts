import { existsSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import type { ConnectionThread, RepeatOptions, Repetition } from '../connection.js';
import { asError, ClosedError, InvalidArgumentError, RedpostError } from '../errors.js';
import type { Script } from '../script.js';
import {
  confirmed,
  type FromThread,
  msSince,
  newClock,
  setNow,
  type Task,
  type ThreadData,
  type ToThread,
  unblocked,
} from './messages.js';

interface Running {
  task: Task;
  failed(error: Error): void;
  started?: { resolve(): void; reject(error: Error): void };
}

const restartMs = 1000;

/**
 * {@link ConnectionThread} as a worker thread. It runs as long as there is something to repeat, and
 * does not keep the process alive. If it ends by itself, that is reported and another one is started.
 */
export class HeartbeatThread implements ConnectionThread {
  readonly #data: ThreadData;
  readonly #running = new Map<number, Running>();
  #worker: Worker | undefined;
  #restartTimer: NodeJS.Timeout | undefined;
  #lastId = 0;

  /** @throws InvalidArgumentError for a connection that cannot be made in another thread. */
  constructor(data: Omit<ThreadData, 'isHeartbeatThread'>) {
    refuseUncloneable(data.target);
    refuseWithoutFile();
    this.#data = { ...data, isHeartbeatThread: true };
  }

  async repeat<Input>(
    { name, lua, sha, encode }: Script<Input, unknown>,
    input: Input,
    { everyMs, maxBlockedMs, failed }: RepeatOptions,
  ): Promise<Repetition> {
    this.#lastId += 1;
    const id = this.#lastId;
    const clock = newClock();
    const script = { name, lua, sha };
    const task = { id, script, call: encode(input), everyMs, maxBlockedMs, clock };
    const pulse = setInterval(() => setNow(clock, unblocked), everyMs).unref();
    const stop = () => {
      clearInterval(pulse);
      this.#stop(id);
    };
    try {
      await new Promise<void>((resolve, reject) => {
        this.#start({ task, failed, started: { resolve, reject } });
      });
    } catch (error) {
      stop();
      throw error;
    }
    return {
      get confirmedMsAgo() {
        return msSince(clock, confirmed);
      },
      stop,
    };
  }

  /** Ends all that is repeated, and the thread. */
  close(): void {
    const closed = new ClosedError('The connection is closed');
    for (const { started } of this.#running.values()) started?.reject(closed);
    this.#running.clear();
    this.#end();
  }

  #start(running: Running): void {
    this.#running.set(running.task.id, running);
    if (this.#worker) this.#post({ start: running.task });
    else this.#startAll();
  }

  #stop(id: number): void {
    if (!this.#running.delete(id)) return;
    if (this.#running.size === 0) this.#end();
    else this.#post({ stop: id });
  }

  #post(message: ToThread): void {
    this.#worker?.postMessage(message);
  }

  #open(): Worker {
    const worker = new Worker(new URL('./heartbeat-thread.js', import.meta.url), {
      workerData: this.#data,
      name: 'redpost-heartbeat',
      // Neither what loads the program's own sources nor its debugger is for this thread.
      execArgv: [],
    });
    let why: Error | undefined;
    worker.on('message', (message: FromThread) => this.#hear(message));
    worker.on('error', (error) => {
      why = asError(error);
    });
    worker.on('exit', () => this.#ended(worker, why));
    worker.unref();
    return worker;
  }

  #hear(message: FromThread): void {
    const running = this.#running.get(message.id);
    if (!running) return;
    const { started } = running;
    delete running.started;
    if ('started' in message) {
      started?.resolve();
      return;
    }
    const { code, message: text, retryable } = message.failed;
    const error = new RedpostError(`In the heartbeat thread: ${text}`, { code, retryable });
    if (started) started.reject(error);
    else running.failed(error);
  }

  /** It was not asked to. */
  #ended(worker: Worker, why: Error | undefined): void {
    if (this.#worker !== worker) return;
    this.#worker = undefined;
    const reason = why ? `: ${why.message}` : '';
    const error = new RedpostError(`The heartbeat thread ended${reason}`, {
      code: 'THREAD',
      retryable: true,
      cause: why,
    });
    for (const { started, failed } of this.#running.values()) (started?.reject ?? failed)(error);
    clearTimeout(this.#restartTimer);
    this.#restartTimer = setTimeout(() => this.#startAll(), restartMs).unref();
  }

  #startAll(): void {
    clearTimeout(this.#restartTimer);
    if (this.#worker || this.#running.size === 0) return;
    this.#worker = this.#open();
    for (const { task } of this.#running.values()) this.#post({ start: task });
  }

  #end(): void {
    clearTimeout(this.#restartTimer);
    const worker = this.#worker;
    this.#worker = undefined;
    worker?.terminate().catch(() => {
      // It has ended already.
    });
  }
}

function refuseWithoutFile(): void {
  if (hasFile()) return;
  throw new InvalidArgumentError(
    'The file heartbeat-thread.js of @redpost/core is missing beside the code that needs it. A bundler has to ' +
      'leave @redpost/core out of the bundle, or build @redpost/core/heartbeat-thread as heartbeat-thread.js beside it',
  );
}

function hasFile(): boolean {
  try {
    return existsSync(new URL('./heartbeat-thread.js', import.meta.url));
  } catch {
    // A bundle in another format does not know where it is.
    return false;
  }
}

/** What cannot be cloned is named, but not shown: it may hold a password. */
function refuseUncloneable(target: unknown): void {
  if (target === undefined) {
    throw new InvalidArgumentError(
      'A thread cannot use an ioredis client of your own: give connect() a URL or options',
    );
  }
  const named = Object.entries(target as object);
  const uncloneable = named.filter(([, value]) => !isCloneable(value)).map(([name]) => name);
  if (uncloneable.length === 0) return;
  throw new InvalidArgumentError(
    `A thread makes the connection once more, and cannot be given functions: leave out ${uncloneable.join(', ')}`,
  );
}

function isCloneable(value: unknown): boolean {
  try {
    structuredClone(value);
    return true;
  } catch {
    return false;
  }
}
