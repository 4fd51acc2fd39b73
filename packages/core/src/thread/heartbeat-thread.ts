import { Worker } from 'node:worker_threads';
import type { ConnectionThread, RepeatOptions, Repetition } from '../connection/connection.js';
import { asError, ClosedError, InvalidArgumentError, RedpostError } from '../errors.js';
import type { CredentialsSource } from '../ioredis/login.js';
import { outsideContext } from '../runtime/context.js';
import { clearInterval, clearTimeout, setInterval, setTimeout } from '../runtime/timers.js';
import type { Script } from '../script/script.js';
import { answerCredentials } from './credentials.js';
import {
  confirmed,
  type FromThread,
  msSince,
  newClock,
  setNow,
  type Task,
  type ThreadData,
  type ThreadFailure,
  type ToThread,
  unblocked,
} from './messages.js';

interface Running {
  task: Task;
  failed(error: Error): void;
  /** Present until the first run has been answered or has failed. */
  waiting?: { resolve(): void; reject(error: Error): void };
}

const shortestPauseMs = 1000;
const longestPauseMs = 60_000;

/**
 * {@link ConnectionThread} as a worker thread. The thread runs as long as a script has to be repeated, and
 * does not keep the process alive. If it ends by itself or cannot be started, this is reported and another
 * thread is started, after a pause that grows until Redis has answered the thread.
 */
export class HeartbeatThread implements ConnectionThread {
  readonly #data: ThreadData;
  readonly #credentials: CredentialsSource | undefined;
  readonly #running = new Map<number, Running>();
  #worker: Worker | undefined;
  #isStarting = false;
  #restartTimer: NodeJS.Timeout | undefined;
  #pauseMs = shortestPauseMs;
  #lastId = 0;

  /** @throws InvalidArgumentError for a connection that cannot be made in another thread. */
  constructor(data: Omit<ThreadData, 'credentials'>, credentials?: CredentialsSource) {
    refuseUncloneable(data.target);
    this.#data = data;
    this.#credentials = credentials;
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
        this.#start({ task, failed, waiting: { resolve, reject } });
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

  /** Ends all repetitions and the thread. */
  close(): void {
    const closed = new ClosedError('The connection is closed');
    for (const { waiting } of this.#running.values()) waiting?.reject(closed);
    this.#running.clear();
    this.#end();
  }

  #start(running: Running): void {
    this.#running.set(running.task.id, running);
    if (this.#worker) this.#post({ start: running.task });
    else void this.#startAll();
  }

  #stop(id: number): void {
    if (!this.#running.delete(id)) return;
    if (this.#running.size === 0) this.#end();
    else this.#post({ stop: id });
  }

  #post(message: ToThread): void {
    this.#worker?.postMessage(message);
  }

  #open(code: string): Worker {
    const credentials = this.#credentials && answerCredentials(this.#credentials);
    // The text holds all the code of the thread, so there is no file that a bundler could leave out. The
    // thread has the flags of the program: some of them configure TLS or name resolution.
    const worker = new Worker(code, {
      eval: true,
      workerData: { ...this.#data, credentials } satisfies ThreadData,
      transferList: credentials ? [credentials] : [],
      name: 'redpost-heartbeat',
    });
    let why: unknown;
    worker.on('message', (message: FromThread) => this.#hear(message));
    worker.on('error', (error) => {
      why = error;
    });
    worker.on('exit', () => {
      // The thread ended by itself.
      if (this.#worker === worker) this.#failed('ended', why);
    });
    worker.unref();
    return worker;
  }

  #hear(message: FromThread): void {
    const running = this.#running.get(message.id);
    if (!running) return;
    if ('started' in message) this.#pauseMs = shortestPauseMs;
    else running.failed(asFamilyError(message.failed));
    running.waiting?.resolve();
    delete running.waiting;
  }

  async #startAll(): Promise<void> {
    clearTimeout(this.#restartTimer);
    if (this.#isStarting) return;
    this.#isStarting = true;
    try {
      const { code } = await import('./code.js');
      if (this.#running.size === 0) return;
      this.#worker = outsideContext(() => this.#open(code));
      for (const { task } of this.#running.values()) this.#post({ start: task });
    } catch (error) {
      this.#failed('cannot be started', error);
    } finally {
      this.#isStarting = false;
    }
  }

  /** Reports the failure to every repetition, and starts another thread later. */
  #failed(what: string, why: unknown): void {
    this.#worker = undefined;
    const reason = why === undefined ? '' : `: ${asError(why).message}`;
    const error = new RedpostError(`The heartbeat thread ${what}${reason}`, {
      code: 'THREAD',
      retryable: true,
      cause: why,
    });
    for (const running of this.#running.values()) {
      running.failed(error);
      running.waiting?.resolve();
      delete running.waiting;
    }
    clearTimeout(this.#restartTimer);
    this.#restartTimer = setTimeout(() => void this.#startAll(), this.#pauseMs).unref();
    this.#pauseMs = Math.min(2 * this.#pauseMs, longestPauseMs);
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

function asFamilyError({ code, message, retryable }: ThreadFailure): RedpostError {
  return new RedpostError(`In the heartbeat thread: ${message}`, { code, retryable });
}

/** The error names a property that cannot be cloned, but does not show its value, which may be a password. */
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
    `A thread opens the connection a second time, and cannot be given functions: leave out ${uncloneable.join(', ')}`,
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
