import { type FileHandle, mkdir, mkdtemp, open, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { InvalidArgumentError, isRedpostError } from '../errors.js';
import { wholeNumber } from '../options/check.js';
import { type NamesOf, refuseUnknownOptions } from '../options/options.js';
import { pause, performance } from '../runtime/timers.js';
import { RedisStartError } from './errors.js';
import { findServer } from './find-server.js';
import { freePort } from './free-port.js';
import { answersPing } from './ping.js';
import { type Persistence, pidPath, serverArguments, socketPath } from './server-arguments.js';
import { type SupervisedServer, supervise } from './supervisor.js';

/** Which server {@link startRedis} starts, and where it keeps its data. */
export interface StartRedisOptions {
  /**
   * Where the server keeps its data; made when it is missing, and kept. Default: a private
   * temporary folder that is removed with the server.
   */
  dir?: string | undefined;
  /** The data that survives a restart in the same `dir`. Default `'none'`. */
  persistence?: Persistence | undefined;
  /** More of the server's settings, e.g. `['--maxmemory', '64mb']`. */
  args?: readonly string[] | undefined;
  /**
   * The server to start: a path, or a name to look up. Default: the environment variable
   * `REDPOST_REDIS_SERVER`, else the `redis-server` or `valkey-server` of this system.
   */
  binary?: string | undefined;
  /** 1 to 65535. Default: one that is free. */
  port?: number | undefined;
  /** How long the server may take to answer its first PING. At least 1, default 15000. */
  startTimeoutMs?: number | undefined;
  /** Ends the start. A server that has started is ended by `stop()`. */
  signal?: AbortSignal | undefined;
}

/** A private Redis, reachable from this machine only. */
export interface EmbeddedRedis {
  /** E.g. `'redis://127.0.0.1:24817'`. */
  readonly url: string;
  readonly port: number;
  /** The process id of the server itself. */
  readonly pid: number;
  /** The folder of its data. */
  readonly dir: string;
  /**
   * Ends the server with SIGTERM, or with SIGKILL when that takes longer than 5 seconds. Resolves
   * when it is gone, together with its temporary folder. Calling it again does nothing.
   */
  stop(): Promise<void>;
  /** Ends the server at once with SIGKILL, as a crash would. Resolves like `stop()`. */
  kill(): Promise<void>;
  /** The same as `stop()`. */
  [Symbol.asyncDispose](): Promise<void>;
}

const optionNames: NamesOf<StartRedisOptions> = {
  dir: true,
  persistence: true,
  args: true,
  binary: true,
  port: true,
  startTimeoutMs: true,
  signal: true,
};

type Launch = StartRedisOptions & { binary: string; port: number };

/**
 * Starts a private Redis server, and resolves when it answers.
 *
 * The server ends with `stop()`, and at the latest with this process, even if that is killed. It does not
 * keep this process running, and no signal handler is installed.
 *
 * @throws RedisNotFoundError when there is no server to start.
 * @throws RedisStartError when the server ended, or did not answer in time.
 * @throws InvalidArgumentError for an option that cannot work.
 */
export async function startRedis(options: StartRedisOptions = {}): Promise<EmbeddedRedis> {
  const { port, signal } = options;
  refuseUnknownOptions('startRedis()', options, optionNames);
  checkOptions(options);
  signal?.throwIfAborted();

  const binary = findServer(options.binary);
  if (port !== undefined) return launch({ ...options, binary, port });

  // Another program may take the port after it was found to be free and before the server uses it.
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await launch({ ...options, binary, port: await freePort() });
    } catch (error) {
      if (attempt === 10 || !isPortTaken(error)) throw error;
    }
  }
}

async function launch(options: Launch): Promise<EmbeddedRedis> {
  const { binary, port, persistence = 'none', args = [] } = options;
  const runtimeDir = await mkdtemp(join(tmpdir(), 'redpost-'));
  const dir = options.dir === undefined ? runtimeDir : resolve(options.dir);
  let log: FileHandle | undefined;
  let server: SupervisedServer | undefined;

  try {
    await mkdir(dir, { recursive: true });
    log = await open(join(runtimeDir, 'redis.log'), 'a+');
    server = await supervise({
      server: binary,
      args: serverArguments({ port, dir, runtimeDir, persistence, args }),
      runtimeDir,
      output: log.fd,
    });
    await untilReady(server, log, runtimeDir, options);
    const pid = Number(await readFile(pidPath(runtimeDir), 'utf8'));
    return embeddedRedis({ server, port, pid, dir });
  } catch (error) {
    await server?.end();
    await rm(runtimeDir, { recursive: true, force: true });
    throw error;
  } finally {
    await log?.close();
  }
}

async function untilReady(
  server: SupervisedServer,
  log: FileHandle,
  runtimeDir: string,
  { binary, startTimeoutMs = 15_000, signal }: Launch,
): Promise<void> {
  const deadline = performance.now() + startTimeoutMs;
  const failed = async (what: string) =>
    new RedisStartError(`${binary} ${what}`, { log: await lastLines(log) });

  // On the unix socket in its own folder: on the port, another server could answer.
  while (!(await answersPing(socketPath(runtimeDir)))) {
    signal?.throwIfAborted();
    if (server.status !== undefined) {
      throw await failed(`ended with status ${server.status} instead of starting`);
    }
    if (performance.now() > deadline) {
      throw await failed(`did not answer within ${startTimeoutMs} ms`);
    }
    await pause(5);
  }
  signal?.throwIfAborted();
}

function embeddedRedis(running: {
  server: SupervisedServer;
  port: number;
  pid: number;
  dir: string;
}): EmbeddedRedis {
  const { server, port, pid, dir } = running;
  const stop = () => server.end();
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    pid,
    dir,
    stop,
    kill() {
      if (server.status === undefined) killProcess(pid);
      return server.end();
    },
    [Symbol.asyncDispose]: stop,
  };
}

function killProcess(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    // It has just ended by itself.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

async function lastLines(log: FileHandle): Promise<string> {
  const { size } = await log.stat();
  const { buffer, bytesRead } = await log.read(Buffer.alloc(size), 0, size, 0);
  return buffer.toString('utf8', 0, bytesRead).trimEnd().split('\n').slice(-15).join('\n');
}

function isPortTaken(error: unknown): boolean {
  return isRedpostError(error, 'REDIS_START') && /address already in use/i.test(error.message);
}

function checkOptions({ persistence = 'none', port, startTimeoutMs }: StartRedisOptions): void {
  if (!['none', 'aof', 'aof-always', 'rdb'].includes(persistence)) {
    throw new InvalidArgumentError(
      `persistence must be 'none', 'aof', 'aof-always' or 'rdb', got ${String(persistence)}`,
    );
  }
  if (port !== undefined) wholeNumber('port', port, { min: 1, max: 65_535 });
  if (startTimeoutMs !== undefined) wholeNumber('startTimeoutMs', startTimeoutMs, { min: 1 });
}
