// Runs in a thread of its own: see connection-thread.ts.
import { parentPort, workerData } from 'node:worker_threads';
import { connect } from '../connect.js';
import { asError, isRedpostError } from '../errors.js';
import type { ConnectionTarget } from '../ioredis/target.js';
import type { Script } from '../script.js';
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

const { target, options } = workerData as ThreadData;
const connection = connect(target as ConnectionTarget, options);
const tasks = new Map<number, Task>();
const timers = new Map<number, NodeJS.Timeout>();

// What it means for the tasks is told by each of them.
connection.on('error', () => {});
connection.on('resumed', () => {
  for (const task of tasks.values()) void run(task);
});

parentPort?.on('message', (message: ToThread) => {
  if ('start' in message) start(message.start);
  else stop(message.stop);
});

function start(task: Task): void {
  tasks.set(task.id, task);
  timers.set(
    task.id,
    setInterval(() => void run(task), task.everyMs),
  );
  void run(task);
}

function stop(id: number): void {
  clearInterval(timers.get(id));
  timers.delete(id);
  tasks.delete(id);
}

async function run(task: Task): Promise<void> {
  if (msSince(task.clock, unblocked) > task.maxBlockedMs) return;
  const begun = process.hrtime.bigint();
  const isFirst = Atomics.load(task.clock, confirmed) === 0n;
  try {
    const isConfirmed = await connection.run(asScript(task), undefined);
    if (!tasks.has(task.id)) return;
    if (isConfirmed) setNow(task.clock, confirmed, begun);
    else stop(task.id);
    if (isFirst) post({ id: task.id, started: true });
  } catch (error) {
    if (tasks.has(task.id)) post({ id: task.id, failed: asFailure(error) });
  }
}

/** Only whether it answered something: what it answered is for those who can read it. */
function asScript({ script, call }: Task): Script<undefined, boolean> {
  return { ...script, encode: () => call, parse: (reply) => reply !== null };
}

function asFailure(thrown: unknown): ThreadFailure {
  const { message } = asError(thrown);
  if (!isRedpostError(thrown)) return { code: 'THREAD', message, retryable: false };
  return { code: thrown.code, message, retryable: thrown.retryable };
}

function post(message: FromThread): void {
  parentPort?.postMessage(message);
}
