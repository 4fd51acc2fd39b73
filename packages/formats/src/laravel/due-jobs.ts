import type { Connection } from '@redpost/core';
import { Repetition } from '../repetition.js';
import { tend } from './scripts.js';

/** How many are moved at a time. */
const page = 100;

/** Moves jobs that are due to their queues, as each worker of Laravel does. */
export class DueJobs {
  readonly #connection: Connection;
  readonly #repetition: Repetition;

  constructor(connection: Connection, lists: readonly string[], everyMs: number) {
    this.#connection = connection;
    this.#repetition = new Repetition(everyMs, async () => {
      for (const list of lists) await this.#move(list);
    });
  }

  start(): void {
    this.#repetition.start();
  }

  stop(): void {
    this.#repetition.stop();
  }

  async #move(list: string): Promise<void> {
    while (!this.#repetition.isStopped) {
      if ((await this.#connection.run(tend, { list, count: page })) < page) return;
    }
  }
}
