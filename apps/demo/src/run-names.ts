import { randomBytes } from 'node:crypto';
import type { Connection } from '@redpost/core';
import { Queue } from '@redpost/queue';
import { Topic } from '@redpost/topic';

/** What this run is called in Redis: names that nobody else uses, so none of theirs is touched. */
export class RunNames {
  readonly prefix = `redpost-demo:${randomBytes(6).toString('hex')}`;
  readonly list = `${this.prefix}:list`;
  readonly queue = `${this.prefix}:task`;
  readonly orders = `${this.prefix}:orders`;
  readonly events = `${this.prefix}:events`;
  readonly channel = `${this.prefix}:news`;

  /** Deletes what the run has made. Consumers remove what is theirs when they are closed. */
  async remove(connection: Connection): Promise<void> {
    for (const name of [this.queue, this.orders]) await new Queue(name, { connection }).destroy();
    await new Topic(this.events, { connection }).destroy();
    await connection.call('DEL', [this.list], { timeoutMs: 2000 });
  }
}
