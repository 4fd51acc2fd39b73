import { randomBytes } from 'node:crypto';
import type { Connection } from '@redpost/core';

/** What this run is called in Redis: names that nobody else uses, so none of theirs is touched. */
export class RunNames {
  readonly prefix = `redpost-demo:${randomBytes(6).toString('hex')}`;
  readonly list = `${this.prefix}:list`;
  readonly queue = `${this.prefix}:task`;
  readonly channel = `${this.prefix}:news`;

  /**
   * Deletes what the run has made. Consumers remove what is theirs when they are closed; this is
   * what a queue keeps (see docs/protocol.md).
   */
  async remove(connection: Connection): Promise<void> {
    const parts = ['returned', 'delayed', 'suspects', 'dead', 'consumers', 'stats'];
    const ofQueue = parts.map((part) => `{${this.queue}}:${part}`);
    for (const key of [this.list, this.queue, ...ofQueue]) {
      // One by one: in a Cluster they lie on different nodes.
      await connection.call('DEL', [key], { timeoutMs: 2000 });
    }
  }
}
