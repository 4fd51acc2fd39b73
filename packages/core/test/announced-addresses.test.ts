import { Cluster } from 'ioredis';
import { beforeEach, expect, it, onTestFinished } from 'vitest';
import {
  addSlots,
  type ClusterMember,
  clusterArguments,
  formCluster,
  nodeArguments,
  slotRange,
} from '../../../tooling/cluster.js';
import { eventually } from '../../../tooling/eventually.js';
import { needRedis7 } from '../../../tooling/redis-version.js';
import type { Connection } from '../src/index.js';
import { Recorder } from './support/record.js';
import { openConnection, startOwnRedis, uniqueKey } from './support/use-redis.js';

beforeEach(({ skip }) => needRedis7(skip));

/** A Cluster of one node, which has never heard its own address from another one. */
async function startCluster(args: string[] = []): Promise<number> {
  const { url, port } = await startOwnRedis({ args: [...(await nodeArguments()), ...args] });
  const admin = openConnection(url);
  await addSlots(admin);
  await eventually(async () => {
    return String(await admin.call('CLUSTER', ['INFO'])).includes('cluster_state:ok');
  });
  return port;
}

/** Uses every kind of socket once. */
async function expectToWork(connection: Connection): Promise<void> {
  const key = uniqueKey();
  const [plain, sharded] = [new Recorder(), new Recorder()];
  await connection.subscribe({ kind: 'channel', name: key }, plain);
  await connection.subscribe({ kind: 'shard', name: key }, sharded);
  const read = connection.block((ms) => ['BLPOP', key, ms / 1000]);
  await connection.call('RPUSH', [key, 'x']);
  expect(String(await read)).toBe(`${key},x`);
  await connection.call('PUBLISH', [key, 'a']);
  await connection.call('SPUBLISH', [key, 'b']);
  await eventually(() => plain.messages.length === 1 && sharded.messages.length === 1);
}

it.each<[string, string[]]>([
  ['no host', []],
  ['nothing on purpose', ['--cluster-preferred-endpoint-type', 'unknown-endpoint']],
  ['a name that it has not', ['--cluster-preferred-endpoint-type', 'hostname']],
])('a Cluster whose node announces %s works on all sockets', async (_, args) => {
  const port = await startCluster(args);

  await expectToWork(openConnection([`127.0.0.1:${port}`]));
});

it('a Cluster behind NAT works on all sockets by the natMap of its client', async () => {
  const announced = ['--cluster-announce-ip', '127.99.99.99', '--cluster-announce-port', '1'];
  const port = await startCluster(announced);
  const natMap = { '127.99.99.99:1': { host: '127.0.0.1', port } };

  for (const map of [natMap, (key: string) => natMap[key as keyof typeof natMap] ?? null]) {
    const client = new Cluster([{ host: '127.0.0.1', port }], { natMap: map });
    onTestFinished(() => client.disconnect());
    await expectToWork(openConnection(client));
  }
});

it.each(['unknown-endpoint', 'hostname'])(
  'a call follows a slot to a node that is named as no host can be (%s)',
  async (type) => {
    const start = async (): Promise<ClusterMember & { admin: Connection }> => {
      const args = [...(await clusterArguments()), '--cluster-preferred-endpoint-type', type];
      const { url, port } = await startOwnRedis({ args });
      const admin = openConnection(url);
      return { port, admin, call: (command, rest) => admin.call(command, rest) };
    };
    const [from, to] = [await start(), await start()];
    await formCluster([from, to]);
    const connection = openConnection([`127.0.0.1:${from.port}`]);
    const keys = Array.from({ length: 100 }, uniqueKey);
    const slots = await Promise.all(keys.map((key) => from.call('CLUSTER', ['KEYSLOT', key])));
    const at = slots.findIndex((slot) => Number(slot) <= slotRange(0, 2)[1]);
    const [key = '', slot] = [keys[at], Number(slots[at])];
    expect(await connection.call('GET', [key])).toBeNull();

    const id = String(await to.call('CLUSTER', ['MYID']));
    for (const node of [to, from]) await node.call('CLUSTER', ['SETSLOT', slot, 'NODE', id]);

    expect(String(await connection.call('SET', [key, 'x'], { timeoutMs: 20_000 }))).toBe('OK');
    expect(String(await to.call('GET', [key]))).toBe('x');
    expect(connection.errors).toEqual([]);
  },
);
