import { once } from 'node:events';
import { createConnection } from 'node:net';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { type EmbeddedRedis, startRedis } from '@redpost/core/embedded';
import { Redis } from 'ioredis';
import type { Server } from './server.js';

/** A private Redis that can be asked what it does. */
export class RedisServer implements Server {
  readonly #redis: EmbeddedRedis;
  readonly #client: Redis;

  private constructor(
    redis: EmbeddedRedis,
    client: Redis,
    readonly version: string,
    readonly persistent: boolean,
  ) {
    this.#redis = redis;
    this.#client = client;
  }

  static async start(persistent: boolean): Promise<RedisServer> {
    const redis = await startRedis({ persistence: persistent ? 'aof' : 'none' });
    const client = new Redis(redis.url);
    // The log is rewritten between runs, not in the middle of one.
    await client.config('SET', 'auto-aof-rewrite-percentage', '0');
    const version = field(await client.info('server'), 'redis_version');
    return new RedisServer(redis, client, version, persistent);
  }

  get url(): string {
    return this.#redis.url;
  }

  async reset(): Promise<void> {
    await this.#client.flushall();
    if (!this.persistent) return;
    // The server may have begun to by itself.
    await this.#untilRewritten();
    await this.#client.bgrewriteaof();
    await this.#untilRewritten();
  }

  /** The bytes that the keys take, without the buffers of clients. */
  async usedBytes(): Promise<number> {
    await this.#client.call('MEMORY', 'PURGE');
    const memory = await this.#client.info('memory');
    return Number(field(memory, 'used_memory')) - Number(field(memory, 'mem_clients_normal'));
  }

  /** The time that it has worked since its start, in ms of all its threads. */
  async cpuMs(): Promise<number> {
    const cpu = await this.#client.info('cpu');
    return 1000 * (Number(field(cpu, 'used_cpu_user')) + Number(field(cpu, 'used_cpu_sys')));
  }

  /** How many µs each command takes in all while `wait` lasts, also inside scripts, which are left out themselves. */
  async commandUsDuring(wait: () => Promise<void>): Promise<Map<string, number>> {
    await this.#client.config('RESETSTAT');
    await wait();
    const stats = await this.#client.info('commandstats');
    const commands = stats.matchAll(/^cmdstat_(\S+?):.*?usec=(\d+)/gm);
    const all = [...commands].map(([, name = '', us]) => [name, Number(us)] as const);
    return new Map(all.filter(([name]) => !/^(eval|script|config|info|memory)/.test(name)));
  }

  /** How many commands are executed while `wait` lasts, those inside scripts and the scripts themselves included. */
  async executedDuring(wait: () => Promise<void>): Promise<number> {
    await this.#client.config('RESETSTAT');
    await wait();
    const stats = await this.#client.info('commandstats');
    const commands = [...stats.matchAll(/^cmdstat_(\S+?):calls=(\d+)/gm)];
    const others = commands.filter(([, name = '']) => !/^(config|info)/.test(name));
    return others.reduce((sum, [, , calls]) => sum + Number(calls), 0);
  }

  /** How many commands clients send while `wait` lasts, those inside scripts left out. */
  async commandsDuring(wait: () => Promise<void>): Promise<number> {
    // Not ioredis's monitor: it takes what still comes at its end for a broken protocol.
    const monitor = createConnection(this.#redis.port, '127.0.0.1');
    await once(monitor, 'connect');
    monitor.write('MONITOR\r\n');
    await once(monitor, 'data');
    let count = 0;
    createInterface(monitor).on('line', (line) => {
      if (!/^\S+ \[\d+ lua\]/.test(line)) count += 1;
    });
    await wait();
    monitor.destroy();
    return count;
  }

  async stop(): Promise<void> {
    this.#client.disconnect();
    await this.#redis.stop();
  }

  async #untilRewritten(): Promise<void> {
    const states = ['aof_rewrite_in_progress', 'aof_rewrite_scheduled'];
    for (;;) {
      const persistence = await this.#client.info('persistence');
      if (states.every((state) => field(persistence, state) === '0')) return;
      await pause(20);
    }
  }
}

function field(info: string, name: string): string {
  const found = new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(info)?.[1];
  if (found === undefined) throw new Error(`INFO has no ${name}`);
  return found;
}
