import { deflateSync } from 'node:zlib';
import { asError, type Connection } from '@redpost/core';
import { messageOf, stackOf } from '@redpost/core/consuming';
import { type JobItem, msOfField, score, type TimeUnit, timeField } from './sidekiq-job.js';

/** A job that has failed, and what follows. */
export interface FailedSidekiqJob {
  /** The job, with the fields of its failure. */
  readonly item: Readonly<Record<string, unknown>>;
  readonly error: Error;
  /** `retry`: it is in the set `retry`. `dead`: it is in the set `dead`. `discarded`: it is gone, because it said so. */
  readonly next: 'retry' | 'dead' | 'discarded';
  /** When it is retried. */
  readonly retryAt: Date | undefined;
}

/** As Sidekiq has it: retries of a job that says `true`, jobs in the dead set, and for how long, in ms. */
const maxRetries = 25;
const deadMax = 10_000;
const deadKeptMs = 180 * 86_400_000;
const longestMessage = 10_000;

/** Puts jobs that have failed where Sidekiq has them. Source: sidekiq/job_retry.rb, sidekiq/api.rb. */
export class Failures {
  readonly #connection: Connection;
  readonly #times: TimeUnit;

  constructor(connection: Connection, times: TimeUnit) {
    this.#connection = connection;
    this.#times = times;
  }

  /** @param queue where it came from. */
  async failed(job: JobItem, queue: string, thrown: unknown): Promise<FailedSidekiqJob> {
    const error = asError(thrown);
    const { retry = true } = job;
    const now = Date.now();
    if (retry === false) return { item: job, error, next: 'discarded', retryAt: undefined };
    const item = this.#withFailure(job, queue, error, now);
    const count = item.retry_count as number;
    if (isExhausted(item, now)) {
      if (job.dead === false) return { item, error, next: 'discarded', retryAt: undefined };
      await this.#bury(item, now);
      return { item, error, next: 'dead', retryAt: undefined };
    }
    const dueAt = now + retryDelayMs(count);
    await this.#connection.call('ZADD', ['retry', score(dueAt), JSON.stringify(item)]);
    return { item, error, next: 'retry', retryAt: new Date(dueAt) };
  }

  #withFailure(job: JobItem, queue: string, error: Error, now: number): JobItem {
    const time = timeField(now, this.#times);
    const isFirst = typeof job.retry_count !== 'number';
    return {
      ...job,
      queue: job.retry_queue ?? queue,
      error_message: messageOf(error).slice(0, longestMessage),
      error_class: error.name,
      ...(isFirst
        ? { failed_at: time, retry_count: 0 }
        : { retried_at: time, retry_count: Number(job.retry_count) + 1 }),
      ...(job.backtrace ? { error_backtrace: backtrace(error, job.backtrace) } : {}),
    };
  }

  async #bury(item: JobItem, now: number): Promise<void> {
    await Promise.all([
      this.#connection.call('ZADD', ['dead', score(now), JSON.stringify(item)]),
      this.#connection.call('ZREMRANGEBYSCORE', ['dead', '-inf', score(now - deadKeptMs)]),
      this.#connection.call('ZREMRANGEBYRANK', ['dead', 0, -deadMax - 1]),
    ]);
  }
}

function isExhausted({ retry, retry_for, retry_count, failed_at }: JobItem, now: number): boolean {
  if (typeof retry_for === 'number') return (msOfField(failed_at) ?? now) + retry_for * 1000 < now;
  return Number(retry_count) >= (typeof retry === 'number' ? retry : maxRetries);
}

/** As Sidekiq waits: about 20 s, and 20 days after the 24th. */
function retryDelayMs(count: number): number {
  const jitter = Math.floor(Math.random() * 10) * (count + 1);
  return (count ** 4 + 15 + jitter) * 1000;
}

/** The lines of a stack as Sidekiq stores them: JSON, compressed, in base64. */
function backtrace(error: Error, wanted: unknown): string {
  const lines = (stackOf(error) ?? '').split('\n').map((line) => line.trim());
  const kept = typeof wanted === 'number' ? lines.slice(0, wanted) : lines;
  return deflateSync(JSON.stringify(kept)).toString('base64');
}
