import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { type ClusterMember, formCluster, nodeArguments } from '../../../tooling/cluster.js';
import { eventually } from '../../../tooling/eventually.js';
import { needValkey9, startsValkey9 } from '../../../tooling/redis-version.js';
import { rejection } from '../../../tooling/rejection.js';
import { type EmbeddedRedis, startRedis } from '../src/embedded/index.js';
import { connect, defineScript } from '../src/index.js';
import { openConnection, uniqueKey } from './support/use-redis.js';

const append = defineScript<{ key: string; item: string }, number>({
  name: 'append',
  lua: `return redis.call('RPUSH', key, item)`,
  keys: { key: ({ key }) => key },
  args: { item: ({ item }) => item },
  parse: Number,
});

/** @param databases how many each of the nodes has, if not the default. */
async function startCluster(...databases: (number | undefined)[]): Promise<EmbeddedRedis[]> {
  const starting = databases.map(async (count) => {
    const own = count === undefined ? [] : ['--cluster-databases', String(count)];
    return startRedis({ args: [...(await nodeArguments()), ...own] });
  });
  const nodes = await Promise.all(starting);
  const admins = nodes.map(({ url }) => connect(url));
  const members = nodes.map(({ port }, at): ClusterMember => {
    return { port, call: async (command, rest) => admins[at]?.call(command, rest) };
  });
  await formCluster(members);
  await Promise.all(admins.map((admin) => admin.close()));
  return nodes;
}

const urls = (nodes: readonly EmbeddedRedis[], database: number) =>
  nodes.map(({ url }) => `${url}/${database}`);

describe('a Cluster with several databases', () => {
  let nodes: EmbeddedRedis[] = [];

  beforeAll(async () => {
    if (startsValkey9()) nodes = await startCluster(16, 16, 16);
  });
  beforeEach(({ skip }) => {
    needValkey9(skip);
  });
  afterAll(() => Promise.all(nodes.map((node) => node.stop())));

  it('uses the one that its URLs name for calls, scripts, blocking reads and replicated writes, on all nodes', async () => {
    const [first, third] = [0, 3].map((database) => openConnection(urls(nodes, database)));
    if (!first || !third) throw new Error('unreachable');
    const keys = Array.from({ length: 20 }, uniqueKey);

    for (const key of keys) {
      const read = third.block((ms) => ['BLMOVE', key, `{${key}}:2`, 'LEFT', 'RIGHT', ms / 1000]);
      await third.run(append, { key, item: 'taken' });
      expect(String(await read)).toBe('taken');
      await third.call('SET', [`{${key}}:3`, 1]);
    }
    const replicas = { replicas: 1, timeoutMs: 2000 };
    const writes = keys.map((key) => rejection(third.call('SET', [`{${key}}:4`, 1], replicas)));
    for (const error of await Promise.all(writes)) {
      expect(error).toMatchObject({ code: 'NOT_REPLICATED' });
    }

    for (const key of keys) {
      const names = [2, 3, 4].map((n) => `{${key}}:${n}`);
      expect(await third.call('EXISTS', names)).toBe(3);
      expect(await first.call('EXISTS', names)).toBe(0);
    }
    expect([first.database, third.database]).toEqual([0, 3]);
    expect(third.errors).toEqual([]);
  });

  it('is used again by sockets whose connection broke', async () => {
    const connection = openConnection(urls(nodes, 5));
    const keys = Array.from({ length: 20 }, uniqueKey);
    for (const key of keys) await connection.call('SET', [key, 'before']);

    for (const { url } of nodes) {
      await openConnection(url).call('CLIENT', ['KILL', 'TYPE', 'normal']);
    }

    for (const key of keys) {
      // The first call may find that its socket is closed.
      const read = () => connection.call('GET', [key]).then(String, () => false);
      expect(await eventually(read)).toBe('before');
    }
  });
});

describe('a database that the Cluster does not have', () => {
  let nodes: EmbeddedRedis[] = [];

  beforeAll(async () => {
    nodes = await startCluster(undefined, undefined, undefined);
  });
  afterAll(() => Promise.all(nodes.map((node) => node.stop())));

  it.each(['calls', 'scripts', 'blocking reads', 'replicated writes'] as const)(
    'is refused for %s, and nothing goes to database 0',
    async (kind) => {
      const connection = openConnection(urls(nodes, 3));
      const first = openConnection(urls(nodes, 0));
      const keys = Array.from({ length: 10 }, uniqueKey);
      for (const key of keys) await first.call('RPUSH', [key, 'there']);
      const ways = {
        calls: (key: string) => connection.call('RPUSH', [key, 1]),
        scripts: (key: string) => connection.run(append, { key, item: 'x' }),
        'blocking reads': (key: string) => connection.block((ms) => ['BLPOP', key, ms / 1000]),
        'replicated writes': (key: string) => connection.call('RPUSH', [key, 1], { replicas: 1 }),
      };

      const refusals = await Promise.all(keys.map((key) => rejection(ways[kind](key))));

      for (const refusal of refusals) {
        expect(refusal).toMatchObject({
          code: 'SERVER',
          message: expect.stringMatching(/refuses database 3: .*Name another one, or none/),
        });
      }
      for (const key of keys) {
        expect(String(await first.call('LRANGE', [key, 0, -1]))).toBe('there');
      }
    },
  );
});

it('a database that one node of a Cluster does not have is refused, and nothing goes to database 0 there', async ({
  skip,
}) => {
  needValkey9(skip);
  const nodes = await startCluster(16, 1, 16);
  onTestFinished(async () => void (await Promise.all(nodes.map((node) => node.stop()))));
  const connection = openConnection(urls(nodes, 3), { callTimeoutMs: 2000 });
  const keys = Array.from({ length: 60 }, uniqueKey);

  const sent = await Promise.allSettled(keys.map((key) => connection.call('RPUSH', [key, 1])));

  expect(sent.filter(({ status }) => status === 'rejected').length).toBeGreaterThan(0);
  expect(connection.errors).toContainEqual(
    expect.objectContaining({ message: expect.stringContaining('refuses database 3') }),
  );
  const first = openConnection(urls(nodes, 0));
  for (const key of keys) expect(await first.call('EXISTS', [key])).toBe(0);
});

it('nodes with different databases are refused, and so is a database of a Cluster client of your own', async () => {
  expect(() => connect(['redis://127.0.0.1:1/1', 'redis://127.0.0.1:2/2'])).toThrow(
    'All nodes of a Cluster are used with the same database, and 1 and 2 were asked for',
  );
  const { Cluster } = await import('ioredis');
  const cluster = new Cluster([{ port: 1 }], { lazyConnect: true, redisOptions: { db: 1 } });
  onTestFinished(() => cluster.disconnect());
  expect(() => connect(cluster)).toThrow('uses database 0 where a node refuses database 1');
});
