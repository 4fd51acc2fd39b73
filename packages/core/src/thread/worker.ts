// The code of the thread that heartbeat-thread.ts starts; the build bundles it with its imports (code.ts).
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { connect } from '../connection/connect.js';
import type { Connection } from '../connection/connection.js';
import { asError, isRedpostError } from '../errors.js';
import type { ConnectionTarget } from '../ioredis/target.js';
import { clearInterval, hrtime, setInterval } from '../runtime/timers.js';
import type { Script } from '../script/script.js';
import { askCredentials } from './credentials.js';
import {
  confirmed,
  type FromThread,
  msSince,
  setNow,
  type Task,
  type ThreadData,
  type ThreadFailure,
  type ToThread,
  unblocked,
} from './messages.js';

interface Repeated {
  task: Task;
  timer: NodeJS.Timeout;
  /** Redis has answered a run of this task in this thread. */
  isStarted: boolean;
}

/** Repeats the tasks of the main thread. */
class Repeater {
  readonly #port: MessagePort;
  readonly #connection: Connection;
  readonly #tasks = new Map<number, Repeated>();

  constructor(port: MessagePort, { target, options, credentials }: ThreadData) {
    this.#port = port;
    this.#connection = connect(target as ConnectionTarget, {
      ...options,
      ...(credentials && { credentials: askCredentials(credentials) }),
    });
    // Each task reports what the error means for it.
    this.#connection.on('error', () => {});
    this.#connection.on('resumed', () => {
      for (const { task } of this.#tasks.values()) void this.#run(task);
    });
    port.on('message', (message: ToThread) => {
      if ('start' in message) this.#start(message.start);
      else this.#stop(message.stop);
    });
  }

  #start(task: Task): void {
    const timer = setInterval(() => void this.#run(task), task.everyMs);
    this.#tasks.set(task.id, { task, timer, isStarted: false });
    void this.#run(task);
  }

  #stop(id: number): void {
    clearInterval(this.#tasks.get(id)?.timer);
    this.#tasks.delete(id);
  }

  async #run(task: Task): Promise<void> {
    const { id, clock } = task;
    if (msSince(clock, unblocked) > task.maxBlockedMs) return;
    const begun = hrtime.bigint();
    try {
      const isConfirmed = await this.#connection.run(asScript(task), undefined);
      const repeated = this.#tasks.get(id);
      if (!repeated) return;
      if (isConfirmed) setNow(clock, confirmed, begun);
      else this.#stop(id);
      if (!repeated.isStarted) this.#post({ id, started: true });
      repeated.isStarted = true;
    } catch (error) {
      if (this.#tasks.has(id)) this.#post({ id, failed: asFailure(error) });
    }
  }

  #post(message: FromThread): void {
    this.#port.postMessage(message);
  }
}

/** The thread only needs to know whether the answer is `null`. */
function asScript({ script, call }: Task): Script<undefined, boolean> {
  return { ...script, encode: () => call, parse: (reply) => reply !== null };
}

function asFailure(thrown: unknown): ThreadFailure {
  const { message } = asError(thrown);
  if (!isRedpostError(thrown)) return { code: 'THREAD', message, retryable: false };
  return { code: thrown.code, message, retryable: thrown.retryable };
}

if (parentPort) new Repeater(parentPort, workerData as ThreadData);
