import { asError } from '@redpost/core';
import type { QueueContext } from '../context.js';
import { consumerOf, recover } from '../scripts/recover.js';

/** What was done with the messages of a consumer that had died. */
export interface Recovery {
  consumer: string;
  /** Messages that were returned to the queue: they are delivered again. */
  returned: number;
  /** Messages that had been to blame for `maxAttempts` crashes. */
  deadLettered: number;
}

export interface RecovererOptions {
  maxAttempts: number;
  recovered(recovery: Recovery): void;
  failed(error: Error): void;
}

/** Returns the messages of consumers whose lease has run out. */
export class Recoverer {
  readonly #context: QueueContext;
  readonly #options: RecovererOptions;

  constructor(context: QueueContext, options: RecovererOptions) {
    this.#context = context;
    this.#options = options;
  }

  /** @param overdue names that `renew` has returned. Several consumers may get the same ones. */
  async recover(overdue: readonly string[]): Promise<void> {
    await Promise.all(overdue.map((member) => this.#recoverOne(member)));
  }

  async #recoverOne(overdue: string): Promise<void> {
    const { connection, keys } = this.#context;
    const { maxAttempts, recovered, failed } = this.#options;
    try {
      const result = await connection.run(recover, { keys, overdue, maxAttempts });
      if (!result || result.putBack + result.deadLettered === 0) return;
      const { putBack: returned, deadLettered } = result;
      recovered({ consumer: consumerOf(overdue), returned, deadLettered });
    } catch (error) {
      failed(asError(error));
    }
  }
}
