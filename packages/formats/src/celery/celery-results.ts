import {
  asError,
  type Connection,
  DecodeError,
  encodeBody,
  json,
  TimeoutError,
} from '@redpost/core';
import { clearTimeout, messageOf, onAbort, setTimeout, stackOf } from '@redpost/core/consuming';
import { isObject, type JsonObject } from '../json-object.js';
import { isoTime, type TaskMessage } from './celery-message.js';
import { type CeleryException, CeleryTaskError, refusal } from './errors.js';
import { storeResult } from './store-result.js';

/** The states after which nothing follows. Source: celery/states.py. */
const readyStates = new Set(['SUCCESS', 'FAILURE', 'REVOKED']);
/** How long Celery keeps a result, in ms: a day. */
export const resultKeptMs = 86_400_000;

/** Of which task the result is. */
type About = Pick<TaskMessage, 'id'> & Partial<TaskMessage>;

/** The results of tasks, where and as Celery's Redis backend has them. */
export class CeleryResults {
  readonly #connection: Connection;
  readonly #keepMs: number;

  constructor(connection: Connection, keepMs: number) {
    this.#connection = connection;
    this.#keepMs = keepMs;
  }

  /**
   * Stores what the handler has returned.
   *
   * @param children the ids of the tasks that were sent with it.
   * @throws EncodeError when JSON cannot represent it.
   */
  succeeded(task: About, value: unknown, children: readonly string[]): Promise<void> {
    // Checked before anything is written: JSON would turn a function into nothing.
    encodeBody(json(), value ?? null);
    return this.#store(task, 'SUCCESS', value ?? null, null, children);
  }

  /** Stores that an attempt has failed, and whether another one follows. */
  failed(task: About, thrown: unknown, status: 'FAILURE' | 'RETRY'): Promise<void> {
    const error = asError(thrown);
    const exception = { exc_type: error.name, exc_message: [messageOf(error)], exc_module: null };
    return this.#store(task, status, exception, stackOf(error) ?? null);
  }

  /** Stores that it cannot be handled. */
  refused(task: About, exception: CeleryException): Promise<void> {
    return this.#store(task, 'FAILURE', exception, null);
  }

  /** Stores that it had expired before it began. */
  expired(task: About): Promise<void> {
    const exception = refusal('TaskRevokedError', 'celery.exceptions', 'expired');
    return this.#store(task, 'REVOKED', exception, null);
  }

  /**
   * Waits for a result.
   *
   * @throws CeleryTaskError when the task has failed or was revoked.
   * @throws TimeoutError when it is not there in time.
   */
  async wait(id: string, timeoutMs: number, signal: AbortSignal | undefined): Promise<unknown> {
    signal?.throwIfAborted();
    const waiter = new ResultWaiter(this.#connection, id);
    const stopped = new Promise<never>((_, reject) => {
      waiter.onEnd(onAbort(signal, () => reject(signal?.reason)));
      const timer = setTimeout(() => reject(timedOut(id, timeoutMs)), timeoutMs);
      waiter.onEnd(() => clearTimeout(timer));
    });
    try {
      return outcomeOf(id, await Promise.race([waiter.meta(), stopped]));
    } finally {
      await waiter.end();
    }
  }

  async #store(
    task: About,
    status: string,
    result: unknown,
    traceback: string | null,
    children: readonly string[] = [],
  ): Promise<void> {
    if (task.ignoreResult) return;
    const meta = {
      // The script looks for it here.
      status,
      result,
      traceback,
      children: children.map((id) => [[id, null], null]),
      date_done: readyStates.has(status) ? isoTime(new Date()) : null,
      ...(task.group !== undefined && { group_id: task.group }),
      ...(task.parentId !== undefined && { parent_id: task.parentId }),
      task_id: task.id,
    };
    await this.#connection.run(storeResult, {
      key: keyOf(task.id),
      meta: JSON.stringify(meta),
      keepMs: this.#keepMs,
    });
  }
}

/** Waits for the result of one task: subscribed before it reads, so that none is missed in between. */
class ResultWaiter {
  readonly #connection: Connection;
  readonly #key: string;
  readonly #ends: (() => unknown)[] = [];

  constructor(connection: Connection, id: string) {
    this.#connection = connection;
    this.#key = keyOf(id);
  }

  onEnd(end: () => unknown): void {
    this.#ends.push(end);
  }

  async end(): Promise<void> {
    await Promise.all(this.#ends.map((end) => end()));
  }

  meta(): Promise<JsonObject> {
    return new Promise((resolve, reject) => {
      const take = (bytes: Buffer | null) => {
        if (bytes === null) return;
        const meta = metaIn(bytes);
        if (readyStates.has(String(meta.status))) resolve(meta);
      };
      const read = () => this.#connection.call('GET', [this.#key]).then(take as never);
      const subscribed = this.#connection.subscribe(
        { kind: 'channel', name: this.#key },
        {
          message: (_, payload) => attempt(() => take(payload.bytes), reject),
          resumed: () => void read().catch(reject),
        },
      );
      this.onEnd(() => subscribed.then((unsubscribe) => unsubscribe()).catch(() => {}));
      subscribed.then(read).catch(reject);
    });
  }
}

function attempt(does: () => void, failed: (error: unknown) => void): void {
  try {
    does();
  } catch (error) {
    failed(error);
  }
}

function keyOf(id: string): string {
  return `celery-task-meta-${id}`;
}

/** @throws DecodeError for what is no result in JSON. */
function metaIn(bytes: Buffer): JsonObject {
  try {
    const meta: unknown = JSON.parse(bytes.toString());
    if (isObject(meta)) return meta;
  } catch {
    // Said below, without a part of the result.
  }
  throw new DecodeError("The result is no JSON: Celery needs result_serializer = 'json'", {
    bytes,
  });
}

function outcomeOf(taskId: string, { status, result, traceback }: JsonObject): unknown {
  if (status === 'SUCCESS') return result;
  const { exc_type: type = 'Exception', exc_message: message = '' } = isObject(result)
    ? result
    : {};
  const remoteName = String(type);
  const text = Array.isArray(message) ? message.map(String).join(', ') : String(message);
  throw new CeleryTaskError(`The task ${taskId} has failed: ${remoteName}: ${text}`, {
    taskId,
    status: String(status),
    remoteName,
    traceback: typeof traceback === 'string' ? traceback : undefined,
  });
}

function timedOut(id: string, timeoutMs: number): TimeoutError {
  return new TimeoutError(
    `The task ${id} has no result after ${timeoutMs} ms. It may still run, wait, or store none (ignore_result)`,
    { outcome: 'unknown' },
  );
}
