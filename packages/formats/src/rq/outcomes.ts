import { deflateSync } from 'node:zlib';
import { asError, type Connection, encodeBody, json } from '@redpost/core';
import { messageOf, stackOf } from '@redpost/core/consuming';
import { type JobFields, numberOf, retryIntervalOf, textOf } from './rq-job.js';
import { dependenciesKey, dependentsKey, jobKey } from './rq-keys.js';
import { enqueueDependent, finish, noteRetry } from './scripts.js';

/** A job that has failed, and what follows. */
export interface FailedRqJob {
  readonly id: string;
  readonly error: Error;
  /** `retry`: it waits for its next attempt. `failed`: it is in RQ's registry of failed jobs. */
  readonly next: 'retry' | 'failed';
}

/** How long RQ keeps what has ended, in seconds, unless the job says otherwise. Source: rq/defaults.py. */
const resultKeptS = 500;
const failureKeptS = 31_536_000;

/** Writes what has become of jobs, where and as the workers of RQ do. */
export class Outcomes {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** @param value what it has returned, by `encodedResult`. */
  async succeeded(id: string, queue: string, fields: JobFields, value: string): Promise<void> {
    const keepS = numberOf(fields, 'result_ttl') ?? resultKeptS;
    await this.#connection.run(finish, {
      ...{ id, queue, status: 'finished', value, excInfo: '', keepS },
    });
    await this.afterwards(id, 'finished', fields);
  }

  /** What follows when the job has ended. May be repeated. */
  async afterwards(id: string, status: string, fields: JobFields): Promise<void> {
    await this.#enqueueDependents(id, status);
    if (status !== 'finished' || numberOf(fields, 'result_ttl') !== 0) return;
    await this.#connection.call('DEL', [jobKey(id), dependentsKey(id), dependenciesKey(id)]);
  }

  async failed(id: string, queue: string, fields: JobFields, thrown: unknown): Promise<void> {
    const text = deflateSync(traceback(asError(thrown)));
    await this.#connection.run(finish, {
      ...{ id, queue, status: 'failed', value: base64(text), excInfo: text },
      keepS: numberOf(fields, 'failure_ttl') ?? failureKeptS,
    });
    await this.afterwards(id, 'failed', fields);
  }

  /** Notes that another attempt follows. Resolves to after how long, in ms; undefined when the job has no retries left. */
  async retried(id: string, fields: JobFields): Promise<number | undefined> {
    const retriesLeft = numberOf(fields, 'retries_left') ?? 0;
    if (retriesLeft <= 0) return undefined;
    const waitMs = retryIntervalOf(fields, retriesLeft) * 1000;
    await this.#connection.run(noteRetry, { id, left: retriesLeft - 1, isLater: waitMs > 0 });
    return waitMs;
  }

  async #enqueueDependents(parent: string, status: string): Promise<void> {
    const ids = await this.#members(dependentsKey(parent));
    for (const id of ids) {
      const names = ['status', 'origin', 'allow_dependency_failures'] as const;
      const values = await this.#connection.call('HMGET', [jobKey(id), ...names]);
      const fields: JobFields = new Map(
        (values as (Buffer | null)[]).map((value, at) => [String(names[at]), value ?? empty]),
      );
      if (textOf(fields, 'status') !== 'deferred') continue;
      const allowed = [
        'finished',
        ...(numberOf(fields, 'allow_dependency_failures') ? ['failed'] : []),
      ];
      if (!allowed.includes(status) || !(await this.#areMet(id, parent, allowed))) continue;
      await this.#connection.run(enqueueDependent, { id, parent, queue: textOf(fields, 'origin') });
    }
  }

  /** Whether all others that it waits for have ended. One that is gone has. */
  async #areMet(id: string, parent: string, allowed: readonly string[]): Promise<boolean> {
    for (const other of await this.#members(dependenciesKey(id))) {
      if (other === parent) continue;
      const status = await this.#connection.call('HGET', [jobKey(other), 'status']);
      if (status !== null && !allowed.includes(String(status))) return false;
    }
    return true;
  }

  async #members(key: string): Promise<string[]> {
    return ((await this.#connection.call('SMEMBERS', [key])) as Buffer[]).map(String);
  }
}

const empty = Buffer.alloc(0);

/**
 * What a job has returned, as RQ stores it; '' for nothing.
 *
 * @throws EncodeError when JSON cannot represent it.
 */
export function encodedResult(value: unknown): string {
  if (value === undefined || value === null) return '';
  return base64(Buffer.from(encodeBody(json(), value)));
}

function base64(bytes: Buffer): string {
  return bytes.toString('base64');
}

/** With the error last, as in Python. */
function traceback(error: Error): string {
  const frames = (stackOf(error) ?? '').split('\n').filter((line) => /^\s+at /.test(line));
  return [...frames, `${error.name}: ${messageOf(error)}`].join('\n');
}
