import { Cluster } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import {
  type ClusterMember,
  formCluster,
  meet,
  nodeArguments,
  slotRange,
} from '../../../tooling/cluster.js';
import { eventually } from '../../../tooling/eventually.js';
import { rejection } from '../../../tooling/rejection.js';
import { type EmbeddedRedis, startRedis } from '../src/embedded/index.js';
import { connect, defineScript } from '../src/index.js';
import { Recorder } from './support/record.js';
import { openConnection, uniqueKey } from './support/use-redis.js';

const thirds = [0, 1, 2].map((at) => slotRange(at, 3));
let nodes: EmbeddedRedis[] = [];

beforeAll(async () => {
  nodes = await Promise.all(thirds.map(startNode));
  const members = nodes.map(memberOf);
  await formCluster(members);
  await Promise.all(members.map((member) => member.close()));
});

afterAll(() => Promise.all(nodes.map((node) => node.stop())));

/** A replica of the node that has the first third of the slots. */
async function addReplica(): Promise<void> {
  const node = await startNode();
  onTestFinished(() => node.stop());
  const [replica, master] = [memberOf(node), memberOf(nodes[0] as EmbeddedRedis)];
  onTestFinished(() => replica.close());
  onTestFinished(() => master.close());
  await meet(replica, master);
  const id = String(await master.call('CLUSTER', ['MYID']));
  await eventually(async () => {
    const known = String(await replica.call('CLUSTER', ['NODES'])).includes(`${id} `);
    return known && String(await replica.call('CLUSTER', ['REPLICATE', id])) === 'OK';
  });
  await eventually(async () =>
    String(await master.call('INFO', ['replication'])).includes('state=online'),
  );
}

async function startNode(): Promise<EmbeddedRedis> {
  return startRedis({ args: await nodeArguments() });
}

function memberOf({ url, port }: EmbeddedRedis): ClusterMember & { close(): Promise<void> } {
  const node = connect(url);
  return { port, call: (command, args) => node.call(command, args), close: () => node.close() };
}

const increment = defineScript({
  name: 'increment',
  lua: `return redis.call('INCR', key)`,
  keys: { key: (key: string) => key },
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

  it('loads a script on each master that it is called on', async () => {
    const connection = openConnection(addresses());
    await Promise.all(nodes.map(({ url }) => openConnection(url).call('SCRIPT', ['FLUSH'])));

    for (const key of Array.from({ length: 30 }, uniqueKey)) await connection.run(increment, key);

    for (const { url } of nodes) {
      const node = openConnection(url);
      expect(await node.call('SCRIPT', ['EXISTS', increment.sha])).toEqual([1]);
      const stats = String(await node.call('INFO', ['commandstats']));
      expect(stats).not.toMatch(/cmdstat_eval:/);
    }
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

  it('receives messages that are published on any node, also after its own socket was killed', async () => {
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

  it('waits for the replicas of the node that has the key', async () => {
    await addReplica();
    const connection = openConnection(addresses());
    const keys = Array.from({ length: 30 }, uniqueKey);
    const options = { replicas: 1, timeoutMs: 2000 };

    const outcomes = await Promise.allSettled(
      keys.map((key) => connection.call('RPUSH', [key, 1], options)),
    );

    const slotsOfKeys = await Promise.all(
      keys.map(async (key) => Number(await connection.call('CLUSTER', ['KEYSLOT', key]))),
    );
    outcomes.forEach((outcome, at) => {
      const hasReplica = (slotsOfKeys[at] ?? 0) <= slotRange(0, 3)[1];
      expect(outcome).toMatchObject(
        hasReplica ? { value: 1 } : { reason: { code: 'NOT_REPLICATED', confirmed: 0 } },
      );
    });
    for (const key of keys) expect(await connection.call('LLEN', [key])).toBe(1);
  });

  it('finds the node that has got the slot of a replicated write', async () => {
    const connection = openConnection(addresses());
    const key = uniqueKey();
    const write = () =>
      rejection(connection.call('RPUSH', [key, 1], { replicas: 1, timeoutMs: 2000 }));
    expect(await write()).toMatchObject({ code: 'NOT_REPLICATED' });
    await connection.call('DEL', [key]);

    const slot = Number(await connection.call('CLUSTER', ['KEYSLOT', key]));
    const from = thirds.findIndex(([first, last]) => first <= slot && slot <= last);
    const to = openConnection(String(nodes[(from + 1) % 3]?.url));
    const id = String(await to.call('CLUSTER', ['MYID']));
    // The new one first: nobody else has the slot then.
    for (const { url } of [nodes[(from + 1) % 3], ...nodes] as EmbeddedRedis[]) {
      await openConnection(url).call('CLUSTER', ['SETSLOT', slot, 'NODE', id]);
    }

    expect(await write()).toMatchObject({ code: 'NOT_REPLICATED', confirmed: 0 });
    expect(await to.call('LLEN', [key])).toBe(1);
  });
});
