import { bytes, type Connection } from '@redpost/core';
import { listTopics, Topic } from '@redpost/topic';
import { Problem } from '../http/problem.js';

/** The topics that the dashboard shows. */
export class TopicPool {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  async list(): Promise<Topic<Buffer>[]> {
    const listed = await listTopics(this.#connection);
    return listed.map(({ name, partitions }) => this.#open(name, partitions));
  }

  /** @throws Problem if there is none of this name. */
  async get(name: string): Promise<Topic<Buffer>> {
    const listed = (await listTopics(this.#connection)).find((each) => each.name === name);
    if (!listed) throw new Problem(404, `There is no topic ${JSON.stringify(name)} here`);
    return this.#open(name, listed.partitions);
  }

  #open(name: string, partitions: number | undefined): Topic<Buffer> {
    return new Topic<Buffer>(name, { connection: this.#connection, codec: bytes(), partitions });
  }
}
