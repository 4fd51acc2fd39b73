import type { Connection } from '@redpost/core';
import { Repetition } from '../repetition.js';
import { enqueue } from './enqueue.js';
import { readJob, score, type TimeUnit, timeField } from './sidekiq-job.js';

const sets = ['retry', 'schedule'];
/** How many are read at a time. */
const page = 100;

/** Moves jobs that are due from `schedule` and `retry` to their queues, as each process of Sidekiq does. */
export class DueJobs {
  readonly #connection: Connection;
  readonly #times: TimeUnit;
  readonly #everyMs: number;
  readonly #repetition: Repetition;

  constructor(connection: Connection, times: TimeUnit, everyMs: number) {
    this.#connection = connection;
    this.#times = times;
    this.#everyMs = everyMs;
    this.#repetition = new Repetition(everyMs, async () => {
      for (const set of sets) await this.#move(set);
    });
  }

  start(): void {
    this.#repetition.start(Math.random() * this.#everyMs);
  }

  stop(): void {
    this.#repetition.stop();
  }

  async #move(set: string): Promise<void> {
    for (;;) {
      const range = [set, '-inf', score(Date.now()), 'LIMIT', 0, page] as const;
      const due = (await this.#connection.call('ZRANGEBYSCORE', range)) as Buffer[];
      const moved = await Promise.all(due.map((known) => this.#enqueue(set, known)));
      if (this.#repetition.isStopped || !moved.includes(true) || due.length < page) return;
    }
  }

  /** What cannot be read stays where it is: Sidekiq's web interface shows it. */
  async #enqueue(set: string, known: Buffer): Promise<boolean> {
    let item: ReturnType<typeof readJob>;
    try {
      item = readJob(known);
    } catch {
      return false;
    }
    const queue = String(item.queue ?? 'default');
    const job = JSON.stringify({ ...item, queue, enqueued_at: timeField(Date.now(), this.#times) });
    return this.#connection.run(enqueue, { set, known, job, queue });
  }
}
