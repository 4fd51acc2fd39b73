import { readFileSync } from 'node:fs';
import type { Connection } from '@redpost/core';
import { asError, isRedpostError } from '@redpost/core/consuming';
import { say, spokenDuration } from '../output/notices.js';
import { Failure, wrongInput } from '../program/exit-codes.js';

export interface ConnectionChoice {
  redis?: string | undefined;
  embedded?: boolean | undefined;
  cacert?: string | undefined;
  cert?: string | undefined;
  certKey?: string | undefined;
}

/** A connection, and the server to stop after it. */
export interface OpenRedis {
  connection: Connection;
  /** As it was given; may hold a password: for the environment of a child process, never for output. */
  url: string;
  close(): Promise<void>;
}

const defaultUrl = 'redis://127.0.0.1:6379';
/** How long to wait for an unreachable Redis, in ms. */
const reachWithinMs = 3000;

/** Connects to the chosen Redis: `--embedded`, or `--redis`, or `REDIS_URL`, or the Redis of this machine. */
export async function openRedis(choice: ConnectionChoice): Promise<OpenRedis> {
  warnOfPassword(choice.redis);
  if (!choice.embedded) {
    return open(choice.redis ?? (process.env.REDIS_URL || defaultUrl), tlsOf(choice));
  }
  if (choice.redis !== undefined) throw wrongInput('--redis and --embedded exclude each other');

  const { startRedis } = await import('@redpost/core/embedded');
  const redis = await startRedis();
  say(`a private Redis runs at ${redis.url} as long as this command does`);
  const opened = await open(redis.url);
  return {
    ...opened,
    async close() {
      await opened.close();
      await redis.stop();
    },
  };
}

async function open(url: string, tls?: Tls): Promise<OpenRedis> {
  // Loaded when it is needed: the client takes longer to load than everything else.
  const { connect } = await import('@redpost/core');
  const nodes = nodesIn(url);
  const isCluster = nodes.length > 1;
  const target = isCluster ? nodes.filter(Boolean) : url;
  const connection = connect(target, { name: 'redpost-cli', ...(tls && { tls }) });
  return { connection, url, close: () => connection.close() };
}

/**
 * URLs of nodes of a Cluster, separated by commas; behind the only one stands a comma, too. A comma in a password is none of
 * these, because a URL has `/` only as `%2F` there.
 */
function nodesIn(urls: string): string[] {
  return urls.split(/,(?=$|[a-z]+:\/\/)/i);
}

type Tls = Partial<Record<'ca' | 'cert' | 'key', Buffer>>;

/** The contents of the files of `--cacert`, `--cert` and `--cert-key`. */
function tlsOf({ cacert, cert, certKey: key }: ConnectionChoice): Tls | undefined {
  if ((cert === undefined) !== (key === undefined)) {
    throw wrongInput('--cert and --cert-key belong together: a certificate, and its private key');
  }
  const files = Object.entries({ ca: cacert, cert, key }).flatMap(([name, file]) =>
    file === undefined ? [] : [[name, readPem(file)]],
  );
  return files.length > 0 ? Object.fromEntries(files) : undefined;
}

function readPem(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (cause) {
    throw wrongInput(`${file} cannot be read: ${asError(cause).message}`);
  }
}

function warnOfPassword(url: string | undefined): void {
  const nodes = url === undefined ? [] : nodesIn(url);
  if (!nodes.some((node) => URL.canParse(node) && new URL(node).password !== '')) return;
  say('others on this machine can see the password in --redis: put the URL into REDIS_URL');
}

/**
 * Resolves when Redis answers. From then on, interruptions are reported.
 *
 * @throws Failure, after the first attempt that failed, that says where and what to do.
 */
export async function reach(connection: Connection): Promise<void> {
  const failedAttempt = new Promise<never>((_, reject) => {
    connection.on('error', reject);
  });
  try {
    await Promise.race([connection.ping({ timeoutMs: reachWithinMs }), failedAttempt]);
  } catch (error) {
    throw unreachable(connection, error);
  }
  // From here on the connection reconnects by itself, which is reported below.
  failedAttempt.catch(() => {});
  connection.on('interrupted', () => {
    say(`the connection to Redis at ${connection.address} is lost: waiting for it`);
  });
  connection.on('resumed', ({ downMs }) => {
    say(`Redis at ${connection.address} answers again, after ${spokenDuration(downMs)}`);
  });
}

function unreachable(connection: Connection, thrown: unknown): unknown {
  if (!isRedpostError(thrown) || !['CONNECTION', 'TIMEOUT'].includes(thrown.code)) return thrown;
  // Errors of TLS have advice of their own.
  if (!thrown.retryable) return thrown;
  const reason = thrown.cause === undefined ? '' : ` (${reasonOf(asError(thrown.cause))})`;
  return new Failure(
    `Redis at ${connection.address} cannot be reached${reason}. ` +
      'Start one with redis-server, name another with --redis or REDIS_URL, or try --embedded',
    { cause: thrown },
  );
}

/** The failure to connect to a host with several addresses has no message of its own. */
function reasonOf(error: Error & { code?: unknown }): string {
  return error.message || String(error.code ?? error.name);
}
