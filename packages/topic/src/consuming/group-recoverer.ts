import { asError } from '@redpost/core';
import type { GroupContext } from '../group/group-context.js';
import { recover } from '../scripts/recover.js';

/** What was done with the records of a consumer that had died. */
export interface GroupRecovery {
  consumer: string;
  partition: number;
  /** Records that were returned to the group: they are delivered again. */
  returned: number;
  /** Records that had been to blame for `maxAttempts` crashes. */
  deadLettered: number;
}

export interface GroupRecovererOptions {
  partition: number;
  leaseMs: number;
  maxAttempts: number;
  recovered(recovery: GroupRecovery): void;
  failed(error: Error): void;
}

/** Returns the records of consumers whose lease has run out. */
export class GroupRecoverer {
  readonly #context: GroupContext;
  readonly #options: GroupRecovererOptions;

  constructor(context: GroupContext, options: GroupRecovererOptions) {
    this.#context = context;
    this.#options = options;
  }

  /** @param consumers as `join` or `renew` have told. Several members may get the same ones. */
  async recover(consumers: readonly string[]): Promise<void> {
    await Promise.all(consumers.map((consumer) => this.#recoverOne(consumer)));
  }

  async #recoverOne(consumer: string): Promise<void> {
    const { topic, group, signal, partitions } = this.#context;
    const { partition, leaseMs, maxAttempts, recovered, failed } = this.#options;
    const keys = partitions[partition];
    if (!keys) return;
    try {
      const input = { keys, group, consumer, signal, maxAttempts, idleMs: leaseMs };
      const result = await topic.connection.run(recover, input);
      if (!result || result.handedOn + result.deadLettered === 0) return;
      const { handedOn: returned, deadLettered } = result;
      recovered({ consumer, partition, returned, deadLettered });
    } catch (error) {
      failed(asError(error));
    }
  }
}
