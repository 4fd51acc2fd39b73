import { isObject, type JsonObject } from '../json-object.js';

/** What a message of Sidekiq says of its job. */
export interface SidekiqMessage {
  /** The id of the job: the same at every attempt. */
  readonly jid: string;
  /** The name of its Ruby class, e.g. `SendMail`. */
  readonly class: string;
  /** The arguments of `perform`. */
  readonly args: readonly unknown[];
}

/** A job of Sidekiq, as a handler gets it. */
export interface SidekiqJob extends SidekiqMessage {
  /** The queue that it came from, without `queue:`. */
  readonly queue: string;
  /** How often it was retried: 0 at the first attempt. */
  readonly retries: number;
  /** All that its message says. */
  readonly item: Readonly<JsonObject>;
  /** Aborted when the lease is lost, or when the deadline of `stop()` has passed. */
  readonly signal: AbortSignal;
}

/** A job as it is in Redis. */
export interface JobItem extends JsonObject {
  jid: string;
  class: string;
  args: readonly unknown[];
}

/** The list of a queue. */
export function listOf(queue: string): string {
  return `queue:${queue}`;
}

/**
 * Reads a job.
 *
 * @throws TypeError for what is none. The message has nothing of the arguments.
 */
export function readJob(bytes: Buffer): JobItem {
  const item = parsed(bytes);
  if (!isObject(item)) throw new TypeError('it is no JSON object');
  const { jid, class: name, args } = item;
  if (typeof jid !== 'string' || typeof name !== 'string' || !Array.isArray(args)) {
    throw new TypeError('it has no jid, class and args');
  }
  return { ...item, jid, class: name, args };
}

function parsed(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString());
  } catch {
    throw new TypeError('it is no JSON');
  }
}

/**
 * How Sidekiq writes times in jobs: `ms` since Sidekiq 8, whole ms since 1970; `s` before, seconds with a fraction. Scores are in
 * seconds in all versions.
 */
export type TimeUnit = 'ms' | 's';

/** A time as a field of a job has it. */
export function timeField(ms: number, unit: TimeUnit): number {
  return unit === 'ms' ? ms : ms / 1000;
}

/** A field of a job as ms since 1970. Whole numbers are in ms, others in seconds, as Sidekiq 8 reads them. */
export function msOfField(value: unknown): number | undefined {
  if (typeof value !== 'number') return undefined;
  // A time in seconds is below that until the year 5138, and one in ms has been above it since 1973.
  return value < 1e11 ? value * 1000 : value;
}

/** A time as a score of `schedule`, `retry` and `dead`. */
export function score(ms: number): string {
  return String(ms / 1000);
}
