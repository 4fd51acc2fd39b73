import { type Connection, connect, isRedpostError } from '@redpost/core';
import { startRedis } from '@redpost/core/embedded';
import { UnreachableError, UsageError } from './failure.js';
import type { RedisChoice } from './options.js';

export interface OpenRedis extends AsyncDisposable {
  connection: Connection;
  /** Where it is, for another process; may hold a password. */
  url: string;
  /** Another connection, as another process would have: the caller closes it. */
  connect(): Connection;
  /** For the first line of the output. */
  description: string;
}

const reachMs = 3000;

/** The user's Redis if there is one, else a private one that ends with the demo. */
export function openRedis(own: RedisChoice | undefined, signal: AbortSignal): Promise<OpenRedis> {
  return own ? openOwn(own) : openPrivate(signal);
}

async function openPrivate(signal: AbortSignal): Promise<OpenRedis> {
  const redis = await startRedis({ signal });
  const open = () => connectTo(redis.url);
  const connection = open();
  return {
    connection,
    url: redis.url,
    connect: open,
    description: `a private Redis at ${connection.address}, which ends with the demo`,
    async [Symbol.asyncDispose]() {
      await connection.close();
      await redis.stop();
    },
  };
}

async function openOwn({ url, source }: RedisChoice): Promise<OpenRedis> {
  const connection = checked(url, source);
  try {
    await connection.ping({ timeoutMs: reachMs });
  } catch (error) {
    await connection.close();
    throw unreachable(error, source);
  }
  return {
    connection,
    url,
    connect: () => connectTo(url),
    description: `Redis at ${connection.address} (${source}), in keys that are deleted at the end`,
    [Symbol.asyncDispose]: () => connection.close(),
  };
}

function checked(url: string, source: string): Connection {
  try {
    return connectTo(url);
  } catch (error) {
    throw isRedpostError(error) ? new UsageError(`${source}: ${error.message}`) : error;
  }
}

function connectTo(url: string): Connection {
  const connection = connect(url, { name: 'redpost-demo' });
  // What fails in the background also rejects a call that waits for it, and is told there.
  connection.on('error', () => {});
  return connection;
}

function unreachable(error: unknown, source: string): Error {
  if (!isRedpostError(error)) return error as Error;
  const reasons = error.code === 'SERVER' ? 'Redis refused: ' : '';
  return new UnreachableError(
    [
      `${reasons}${error.message}`,
      'Start one:            redis-server, or: docker run --rm -p 6379:6379 redis',
      `Or use a private one: run the demo without ${source}`,
    ].join('\n  '),
  );
}
