import { createServer } from 'node:net';
import { type Connection, connect } from '@redpost/core';
import { type EmbeddedRedis, startRedis } from '@redpost/core/embedded';
import { eventuallyPasses } from '../../../../tooling/eventually.js';

export interface ClusterNode {
  readonly redis: EmbeddedRedis;
  readonly admin: Connection;
  readonly id: string;
}

/** Three masters, each with a third of the slots, and one replica for each. */
export interface TestCluster {
  readonly addresses: string[];
  readonly masters: ClusterNode[];
  readonly replicas: ClusterNode[];
  /** The master that has the slot of a channel. */
  ownerOf(channel: string): Promise<ClusterNode>;
  stop(): Promise<void>;
}

const ranges = [
  [0, 5460],
  [5461, 10_922],
  [10_923, 16_383],
] as const;

export async function startCluster(): Promise<TestCluster> {
  const nodes = await Promise.all(Array.from({ length: 6 }, startNode));
  const masters = nodes.slice(0, 3).map(({ node }) => node);
  const replicas = nodes.slice(3).map(({ node }) => node);
  await Promise.all(
    ranges.map(([from, to], at) => masters[at]?.admin.call('CLUSTER', ['ADDSLOTSRANGE', from, to])),
  );
  for (const { node, bus } of nodes.slice(1)) {
    await masters[0]?.admin.call('CLUSTER', ['MEET', '127.0.0.1', node.redis.port, bus]);
  }
  const all = nodes.map(({ node }) => node);
  await untilAll(all, 'CLUSTER INFO', /cluster_known_nodes:6/);
  await Promise.all(
    replicas.map(({ admin }, at) =>
      eventuallyPasses(() => admin.call('CLUSTER', ['REPLICATE', masters[at]?.id ?? ''])),
    ),
  );
  await untilAll(all, 'CLUSTER INFO', /cluster_state:ok/);
  await untilAll(replicas, 'INFO replication', /master_link_status:up/);

  return {
    addresses: all.map(({ redis }) => `127.0.0.1:${redis.port}`),
    masters,
    replicas,
    async ownerOf(channel) {
      const [first] = all;
      const slot = Number(await first?.admin.call('CLUSTER', ['KEYSLOT', channel]));
      const at = ranges.findIndex(([from, to]) => from <= slot && slot <= to);
      return masters[at] as ClusterNode;
    },
    async stop() {
      await Promise.all(all.map(({ admin }) => admin.close()));
      await Promise.all(all.map(({ redis }) => redis.stop()));
    },
  };
}

async function startNode(): Promise<{ node: ClusterNode; bus: number }> {
  const bus = await freePort();
  const options = ['--cluster-enabled', 'yes', '--cluster-port', String(bus)];
  const tuning = ['--cluster-node-timeout', '1000', '--repl-diskless-sync-delay', '0'];
  const redis = await startRedis({ args: [...options, ...tuning] });
  const admin = connect(redis.url, { name: 'admin' });
  admin.on('error', () => {}); // Some of them are killed.
  const id = String(await admin.call('CLUSTER', ['MYID']));
  return { node: { redis, admin, id }, bus };
}

function untilAll(nodes: ClusterNode[], command: string, expected: RegExp): Promise<unknown> {
  const [name = '', ...args] = command.split(' ');
  return Promise.all(
    nodes.map(({ admin }) =>
      eventuallyPasses(async () => {
        const text = String(await admin.call(name, args));
        if (!expected.test(text)) throw new Error(`${command}: ${text}`);
      }, 20_000),
    ),
  );
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}
