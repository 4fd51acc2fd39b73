import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type EmbeddedRedis,
  type Persistence,
  type StartRedisOptions,
  startRedis,
} from '@redpost/core/embedded';
import { isFrozen } from '../child.js';
import { eventually } from '../eventually.js';
import { TcpProxy } from '../network/tcp-proxy.js';
import { AppendOnlyLog } from './append-only-log.js';
import type { Server } from './server.js';

export interface StandaloneOptions {
  /** Default `'none'`. */
  persistence?: Persistence;
  /** More of the server's settings. */
  args?: readonly string[];
  /** Whether processes connect by the proxy. Default: they connect to it directly. */
  proxied?: boolean;
}

/** One Redis, and a proxy in front of it. */
export class Standalone implements Server {
  readonly proxy: TcpProxy;
  readonly log: AppendOnlyLog;
  readonly #settings: StartRedisOptions & { dir: string };
  readonly #isProxied: boolean;
  #redis: EmbeddedRedis;

  private constructor(
    redis: EmbeddedRedis,
    proxy: TcpProxy,
    settings: StartRedisOptions & { dir: string },
    isProxied: boolean,
  ) {
    this.#redis = redis;
    this.proxy = proxy;
    this.#settings = settings;
    this.#isProxied = isProxied;
    this.log = new AppendOnlyLog(settings.dir);
  }

  static async start(options: StandaloneOptions = {}): Promise<Standalone> {
    const { proxied = false, ...given } = options;
    const settings = { ...given, dir: await mkdtemp(join(tmpdir(), 'redpost-e2e-')) };
    const redis = await startRedis(settings);
    return new Standalone(redis, await TcpProxy.start(redis.port), settings, proxied);
  }

  get target(): string {
    return this.#isProxied ? `redis://127.0.0.1:${this.proxy.port}` : this.observed;
  }

  get observed(): string {
    return this.#redis.url;
  }

  /** Freezes it by SIGSTOP until `until` has resolved. */
  async freeze(until: () => Promise<unknown>): Promise<void> {
    const { pid } = this.#redis;
    process.kill(pid, 'SIGSTOP');
    try {
      await eventually(() => isFrozen(pid));
      await until();
    } finally {
      process.kill(pid, 'SIGCONT');
    }
  }

  /**
   * Kills it, and starts another one in its place with the same data.
   *
   * @param losesMs how much of the end of its append-only file is lost, in ms.
   */
  async crash({ losesMs = 0 } = {}): Promise<void> {
    const { port, pid } = this.#redis;
    await this.#redis.kill();
    if (losesMs > 0) this.log.cut(losesMs);
    this.#redis = await startRedis({ ...this.#settings, port });
    if (this.#redis.pid === pid) throw new Error('Redis was not killed');
  }

  /** Stops it for good. */
  stop(): Promise<void> {
    return this.#redis.stop();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.log.close();
    await this.proxy[Symbol.asyncDispose]();
    await this.#redis.stop();
    await rm(this.#settings.dir, { recursive: true, force: true });
  }
}
