import { inflateSync } from 'node:zlib';
import { isObject, type JsonObject } from '../json-object.js';

/** A job of RQ, as a handler gets it. */
export interface RqJob {
  /** The id of the job: the same at every attempt. */
  readonly id: string;
  /** The name of its Python function, e.g. `tasks.add`. */
  readonly name: string;
  /** The positional arguments. */
  readonly args: readonly unknown[];
  /** The keyword arguments. */
  readonly kwargs: Readonly<Record<string, unknown>>;
  /** The queue that it came from. */
  readonly queue: string;
  /** What its producer has noted on it, `{}` for nothing. */
  readonly meta: Readonly<Record<string, unknown>>;
  /** How often it may still be retried, if this attempt fails. */
  readonly retriesLeft: number;
  /** Aborted when the job's timeout is over, when the lease is lost, or when the deadline of `stop()` has passed. */
  readonly signal: AbortSignal;
}

/** The hash of a job. */
export type JobFields = ReadonlyMap<string, Buffer>;

/** A job that cannot be handled here, and never will. */
export class RefusedJob extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'RefusedJob';
  }
}

export function isRefusedJob(error: Error): boolean {
  return error.name === 'RefusedJob';
}

/** What a job calls. */
export interface RqCall {
  name: string;
  args: readonly unknown[];
  kwargs: JsonObject;
}

/** Fields of what only Python can do, or what RQ's workers count: a job with one of them is refused. */
const refused = [
  ['success_callback_name', 'a success callback'],
  ['failure_callback_name', 'a failure callback'],
  ['webhooks', 'webhooks'],
  ['repeats_left', 'repetitions'],
  ['rate_limit_key', 'a rate limit'],
] as const;

/**
 * Reads what a job calls.
 *
 * @throws RefusedJob for what cannot be done here. The message has nothing of the arguments.
 */
export function readCall(fields: JobFields): RqCall {
  for (const [field, what] of refused) {
    if (textOf(fields, field)) throw new RefusedJob(`It has ${what}, which only RQ can handle`);
  }
  const data = jsonOf(inflated(fields.get('data') ?? Buffer.alloc(0)));
  if (!Array.isArray(data)) throw new RefusedJob("Its data is no JSON: RQ needs serializer='json'");
  const [name, instance, args, kwargs] = data as unknown[];
  if (typeof name !== 'string' || !Array.isArray(args) || !isObject(kwargs)) {
    throw new RefusedJob('Its data has no function, args and kwargs');
  }
  if (instance !== null) throw new RefusedJob('It calls a method of an object of Python');
  return { name, args, kwargs };
}

/** What the producer has noted, `{}` if it cannot be read. */
export function metaOf(fields: JobFields): JsonObject {
  const meta = jsonOf(fields.get('meta') ?? Buffer.alloc(0));
  return isObject(meta) ? meta : {};
}

/** A field as text, '' if there is none. */
export function textOf(fields: JobFields, name: string): string {
  return fields.get(name)?.toString() ?? '';
}

/** A field that is a whole number. */
export function numberOf(fields: JobFields, name: string): number | undefined {
  const text = textOf(fields, name);
  return /^-?\d+$/.test(text) ? Number(text) : undefined;
}

/** The seconds before the next attempt, as RQ counts them: if there are fewer intervals than retries, the first ones are the first interval. */
export function retryIntervalOf(fields: JobFields, retriesLeft: number): number {
  const intervals = jsonOf(fields.get('retry_intervals') ?? Buffer.alloc(0));
  if (!Array.isArray(intervals)) return 0;
  const seconds: unknown = intervals[Math.max(intervals.length - retriesLeft, 0)];
  return typeof seconds === 'number' && seconds > 0 ? seconds : 0;
}

/** RQ compresses, and reads what is not compressed, too. */
function inflated(data: Buffer): Buffer {
  try {
    return inflateSync(data);
  } catch {
    return data;
  }
}

function jsonOf(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString());
  } catch {
    return undefined;
  }
}
