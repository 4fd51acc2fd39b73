import { randomBytes } from 'node:crypto';
import type { Connection } from '@redpost/core';
import { Queue } from '@redpost/queue';

/** What this run is called in Redis: names that nobody else uses, so none of theirs is touched. */
export class RunNames {
  readonly prefix = `redpost-demo:${randomBytes(6).toString('hex')}`;
  readonly list = `${this.prefix}:list`;
  readonly queue = `${this.prefix}:task`;
  readonly channel = `${this.prefix}:news`;

  /** Deletes what the run has made. Consumers remove what is theirs when they are closed. */
  async remove(connection: Connection): Promise<void> {
    await new Queue(this.queue, { connection }).destroy();
    await connection.call('DEL', [this.list], { timeoutMs: 2000 });
  }
}
