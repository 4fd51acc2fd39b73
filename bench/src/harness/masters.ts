import { type EmbeddedRedis, startRedis } from '@redpost/core/embedded';
import { Redis } from 'ioredis';
import { clusterArguments, formCluster } from '../../../tooling/cluster.js';

interface Master {
  readonly redis: EmbeddedRedis;
  readonly client: Redis;
}

/** The masters of a Cluster without replicas and persistence, which share the slots in equal parts. */
export class Masters implements AsyncDisposable {
  readonly #all: readonly Master[];

  private constructor(all: readonly Master[]) {
    this.#all = all;
  }

  static async start(count: number): Promise<Masters> {
    const all = await Promise.all(
      Array.from({ length: count }, async () => {
        const redis = await startRedis({ persistence: 'none', args: await clusterArguments() });
        return { redis, client: new Redis(redis.url) };
      }),
    );
    const members = all.map(({ redis, client }) => ({
      port: redis.port,
      call: (command: string, args: readonly (string | number)[]) =>
        client.call(command, [...args]),
    }));
    await formCluster(members);
    return new Masters(all);
  }

  /** Their addresses, with commas between. */
  get url(): string {
    return this.#all.map(({ redis }) => redis.url).join();
  }

  /** The time that the main thread of each has worked while `does` lasts, in µs. */
  async workedDuring(does: () => Promise<unknown>): Promise<number[]> {
    const before = await this.#worked();
    await does();
    const after = await this.#worked();
    return after.map((us, at) => us - (before[at] ?? 0));
  }

  #worked(): Promise<number[]> {
    return Promise.all(
      this.#all.map(async ({ client }) => {
        const cpu = await client.info('cpu');
        const seconds = [...cpu.matchAll(/used_cpu_(?:user|sys)_main_thread:([\d.]+)/g)];
        return seconds.reduce((sum, [, each]) => sum + 1e6 * Number(each), 0);
      }),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { client } of this.#all) client.disconnect();
    await Promise.all(this.#all.map(({ redis }) => redis.stop()));
  }
}
