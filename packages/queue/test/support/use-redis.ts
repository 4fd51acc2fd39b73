import { type Connection, type ConnectOptions, connect } from '@redpost/core';
import { type EmbeddedRedis, type StartRedisOptions, startRedis } from '@redpost/core/embedded';
import { afterAll, beforeAll, onTestFinished } from 'vitest';
import { type GivenServer, givenServer } from '../../../../tooling/given-server.js';
import { Queue, type QueueOptions } from '../../src/index.js';

/** A Redis for the tests of one file: a private one, unless one is given. */
export function useRedis(options: StartRedisOptions = {}) {
  let running: EmbeddedRedis | GivenServer | undefined;
  beforeAll(async () => {
    running = givenServer(options) ?? (await startRedis(options));
  });
  afterAll(() => running?.stop());

  const url = () => {
    if (!running) throw new Error('Redis has not been started');
    return running.url;
  };
  const connection = (connectOptions?: ConnectOptions) => openConnection(url(), connectOptions);
  return {
    get url() {
      return url();
    },
    connection,
    /** A queue that no other test uses, or another end of the one named. */
    queue<Body = unknown>(
      queueOptions: Partial<QueueOptions<Body>> & { name?: string } = {},
    ): TestQueue<Body> {
      const { name = uniqueName(), ...more } = queueOptions;
      const link = queueOptions.connection ?? connection();
      const queue = new Queue<Body>(name, { ...more, connection: link });
      onTestFinished(() => queue.close());
      return Object.assign(queue, { connection: link });
    },
    /** Another end of this queue, by a connection of its own. */
    otherEnd<Body>({ name }: TestQueue<Body>): TestQueue<Body> {
      return this.queue<Body>({ name });
    },
  };
}

export type TestQueue<Body> = Queue<Body> & { connection: Connection };

/** A private Redis for one test, which may do to it what it wants. */
export async function startOwnRedis(options: StartRedisOptions = {}): Promise<EmbeddedRedis> {
  const redis = await startRedis(options);
  onTestFinished(() => redis.stop());
  return redis;
}

/** A connection that is closed when the test ends. Errors in the background are no surprise here. */
export function openConnection(url: string, options?: ConnectOptions): Connection {
  const connection = connect(url, options);
  connection.on('error', () => {});
  onTestFinished(() => connection.close());
  return connection;
}

let names = 0;

export function uniqueName(): string {
  names += 1;
  return `test-${process.pid}-${names}`;
}
