import { Cluster } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { eventually } from '../../../tooling/eventually.js';
import { freePort } from '../src/embedded/free-port.js';
import { type EmbeddedRedis, startRedis } from '../src/embedded/index.js';
import { connect, defineScript } from '../src/index.js';
import { Recorder } from './support/record.js';
import { openConnection, uniqueKey } from './support/use-redis.js';

const slots = [
  [0, 5460],
  [5461, 10_922],
  [10_923, 16_383],
] as const;
let nodes: EmbeddedRedis[] = [];

beforeAll(async () => {
  nodes = await Promise.all(slots.map(startNode));
  await using first = connect(nodes[0]?.url);
  for (const { port } of nodes.slice(1)) {
    const [, bus] = String(await busOf(port)).split(' ');
    await first.call('CLUSTER', ['MEET', '127.0.0.1', port, bus ?? '']);
  }
  for (const { url } of nodes) {
    await using node = connect(url);
    await eventually(async () => {
      const state = String(await node.call('CLUSTER', ['INFO']));
      return state.includes('cluster_state:ok') && state.includes('cluster_known_nodes:3');
    }, 15_000);
  }
});

afterAll(() => Promise.all(nodes.map((node) => node.stop())));

async function startNode([from, to]: readonly [number, number]): Promise<EmbeddedRedis> {
  const bus = await freePort();
  const redis = await startRedis({
    args: ['--cluster-enabled', 'yes', '--cluster-port', String(bus)],
  });
  await using node = connect(redis.url);
  await node.call('CLUSTER', ['ADDSLOTSRANGE', from, to]);
  return redis;
}

/** The port that other nodes talk to, as the node itself says. */
async function busOf(port: number): Promise<string> {
  await using node = connect({ port });
  const [, bus] = /:\d+@(\d+)/.exec(String(await node.call('CLUSTER', ['NODES']))) ?? [];
  return `${port} ${bus}`;
}

const increment = defineScript({
  name: 'increment',
  lua: `return redis.call('INCR', KEYS[1])`,
  encode: (key: string) => ({ keys: [key], args: [] }),
  parse: Number,
});

const addresses = () => nodes.map(({ port }) => `127.0.0.1:${port}`);

describe('a connection to a Cluster', () => {
  it('sends each call and each script to the node that has the key', async () => {
    const connection = openConnection(addresses());
    const keys = Array.from({ length: 30 }, uniqueKey);

    for (const key of keys) {
      expect(await connection.call('SET', [key, 1])).toEqual(Buffer.from('OK'));
      expect(await connection.run(increment, key)).toBe(2);
    }

    const perNode = await Promise.all(
      nodes.map(async ({ url }) => openConnection(url).call('DBSIZE', [])),
    );
    expect(perNode.every((count) => Number(count) > 0)).toBe(true);
    expect(connection.address).toBe(addresses().join(', '));
  });

  it('knows the other nodes from one', async () => {
    const connection = openConnection(addresses().slice(0, 1));

    for (let at = 0; at < 10; at += 1) {
      expect(await connection.call('INCR', [uniqueKey()])).toBe(1);
    }
  });

  it('blocks for a key on any node', async () => {
    const connection = openConnection(addresses());

    for (let at = 0; at < 6; at += 1) {
      const key = uniqueKey();
      const read = connection.block((ms) => ['BLPOP', key, ms / 1000]);
      await connection.call('RPUSH', [key, 'x']);
      expect(String(await read)).toBe(`${key},x`);
    }
  });

  it('ends an aborted read with its slice', async () => {
    const connection = openConnection(addresses());
    const controller = new AbortController();
    const key = uniqueKey();
    const read = connection.block((ms) => ['BLPOP', key, ms / 1000], {
      signal: controller.signal,
    });
    await connection.ping();

    controller.abort();

    await expect(read).rejects.toThrow('aborted');
  });

  it('hears what is published on any node, also after its own socket was killed', async () => {
    const connection = openConnection(addresses());
    const name = uniqueKey();
    const recorder = new Recorder();
    await connection.subscribe({ kind: 'channel', name }, recorder);

    for (const { url } of nodes) await openConnection(url).call('PUBLISH', [name, 'hello']);
    await eventually(() => recorder.messages.length === 3);

    for (const { url } of nodes) {
      await openConnection(url).call('CLIENT', ['KILL', 'TYPE', 'pubsub']);
    }
    await eventually(() => recorder.events.includes('resumed'));
    expect(recorder.events).toEqual(['interrupted', 'resumed']);
    await connection.call('PUBLISH', [name, 'again']);
    await eventually(() => recorder.messages.length === 4);
  });

  it("uses the caller's own Cluster client, and leaves it open", async () => {
    const client = new Cluster(nodes.map(({ port }) => ({ host: '127.0.0.1', port })));
    onTestFinished(() => client.disconnect());
    const connection = openConnection(client);
    const key = uniqueKey();

    expect(await connection.call('INCR', [key])).toBe(1);
    const read = connection.block((ms) => ['BLPOP', `${key}:list`, ms / 1000]);
    await connection.call('RPUSH', [`${key}:list`, 'x']);
    expect(String(await read)).toBe(`${key}:list,x`);
    await connection.subscribe({ kind: 'channel', name: key }, new Recorder());
    await connection.close();

    expect(await client.incr(key)).toBe(2);
    expect(client.listenerCount('error')).toBe(0);
  });
});
