import { afterAll, beforeAll, onTestFinished } from 'vitest';
import { type GivenServer, givenServer } from '../../../../tooling/given-server.js';
import {
  type EmbeddedRedis,
  type StartRedisOptions,
  startRedis,
} from '../../src/embedded/index.js';
import {
  type Connection,
  type ConnectionTarget,
  type ConnectOptions,
  connect,
} from '../../src/index.js';

/** A Redis for the tests of one file: a private one, unless one is given. */
export function useRedis(options: StartRedisOptions = {}) {
  let running: EmbeddedRedis | GivenServer | undefined;
  beforeAll(async () => {
    running = givenServer(options) ?? (await startRedis(options));
  });
  afterAll(() => running?.stop());

  const redis = () => {
    if (!running) throw new Error('Redis has not been started');
    return running;
  };
  return {
    get url() {
      return redis().url;
    },
    get port() {
      return redis().port;
    },
    get dir() {
      const server = redis();
      if ('dir' in server) return server.dir;
      throw new Error('The folder of a given server is not known');
    },
    connect: (connectOptions?: ConnectOptions) => openConnection(redis().url, connectOptions),
  };
}

/** A private Redis for one test, which may do to it what it wants. */
export async function startOwnRedis(options: StartRedisOptions = {}): Promise<EmbeddedRedis> {
  const redis = await startRedis(options);
  onTestFinished(() => redis.stop());
  return redis;
}

/** A connection that is closed when the test ends. Its background errors are collected. */
export function openConnection(
  target: ConnectionTarget,
  options?: ConnectOptions,
): Connection & { errors: Error[] } {
  const connection = connect(target, options);
  const errors: Error[] = [];
  connection.on('error', (error) => errors.push(error));
  onTestFinished(() => connection.close());
  return Object.assign(connection, { errors });
}

let keys = 0;

/** A key that no other test uses. */
export function uniqueKey(): string {
  keys += 1;
  return `test:${process.pid}:${keys}`;
}
