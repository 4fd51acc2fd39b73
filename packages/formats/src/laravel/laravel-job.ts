import { isObject, type JsonObject } from '../json-object.js';

/** What a message of Laravel says of its job. */
export interface LaravelMessage {
  /** The name of its class, e.g. `App\Jobs\SendMail`: Laravel's `displayName`. */
  readonly name: string;
  /** The data of the job. Of a job that is an object of PHP: `{ commandName, command }`, where `command` is serialized by PHP. */
  readonly data: unknown;
  /** All that its message says. */
  readonly payload: Readonly<JsonObject>;
}

/** A job of Laravel, as a handler gets it. */
export interface LaravelJob extends LaravelMessage {
  /** The queue that it came from, without `queues:`. */
  readonly queue: string;
  /** Which attempt this is, from 1, of whatever worker. Crashes of consumers count. */
  readonly attempt: number;
  /** Aborted when the job's timeout is over, when the lease is lost, or when the deadline of `stop()` has passed. */
  readonly signal: AbortSignal;
}

/** The list of a queue. Producers push on the right, workers take from the left. Source: Illuminate/Queue/RedisQueue.php. */
export function listOf(queue: string, prefix: string): string {
  return `${prefix}queues:${queue}`;
}

/**
 * Reads a job.
 *
 * @throws TypeError for what cannot be done here. The message has nothing of the data.
 */
export function readJob(bytes: Buffer): LaravelMessage {
  const payload = parsed(bytes);
  if (!isObject(payload)) throw new TypeError('it is no JSON object');
  const { displayName: name, job, data, attempts } = payload;
  if (typeof name !== 'string' || typeof job !== 'string' || typeof attempts !== 'number') {
    throw new TypeError('it has no displayName, job and attempts');
  }
  const what = whatFollows(data);
  if (what) throw new TypeError(`it has ${what}, which only Laravel can handle`);
  return { name, data, payload };
}

/** What PHP has serialized is not read here, but for what would be lost. */
function whatFollows(data: unknown): string | undefined {
  if (!isObject(data)) return undefined;
  const command = String(data.command ?? '');
  if (/s:7:"chained";a:[1-9]/.test(command)) return 'a chain';
  if (data.batchId || /s:7:"batchId";s:/.test(command)) return 'a batch';
  return undefined;
}

function parsed(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString());
  } catch {
    throw new TypeError('it is no JSON');
  }
}

/** How often it may be tried: the job's own number, 0 for without end. */
export function triesOf({ maxTries }: Readonly<JsonObject>, otherwise: number): number {
  return typeof maxTries === 'number' ? maxTries : otherwise;
}

/** Until when it may be retried, in ms since 1970, whatever its number of tries. */
export function retryUntilOf({ retryUntil }: Readonly<JsonObject>): number | undefined {
  return typeof retryUntil === 'number' ? retryUntil * 1000 : undefined;
}

/** How long to wait after an attempt, in ms. Laravel writes seconds, several with commas between them, of which the last one is for all further attempts. */
export function backoffOf({ backoff }: Readonly<JsonObject>, attempt: number): number | undefined {
  if (backoff === null || backoff === undefined) return undefined;
  const seconds = String(backoff).split(',').map(Number);
  const ms = (seconds[attempt - 1] ?? seconds.at(-1) ?? 0) * 1000;
  return Math.max(ms, 0);
}
