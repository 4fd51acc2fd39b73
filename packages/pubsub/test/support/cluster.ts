import { createServer } from 'node:net';
import { type Connection, connect } from '@redpost/core';
import { type EmbeddedRedis, startRedis } from '@redpost/core/embedded';
import {
  type ClusterMember,
  clusterArguments,
  formCluster,
  slotRange,
} from '../../../../tooling/cluster.js';

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

type Member = ClusterNode & ClusterMember;

export async function startCluster(): Promise<TestCluster> {
  const all = await Promise.all(Array.from({ length: 6 }, startNode));
  const [masters, replicas] = [all.slice(0, 3), all.slice(3)];
  await formCluster(masters, replicas);

  return {
    addresses: all.map(({ port }) => `127.0.0.1:${port}`),
    masters,
    replicas,
    async ownerOf(channel) {
      const slot = Number(await all[0]?.admin.call('CLUSTER', ['KEYSLOT', channel]));
      return masters.find((_, at) => slot <= slotRange(at, masters.length)[1]) as ClusterNode;
    },
    async stop() {
      await Promise.all(all.map(({ admin }) => admin.close()));
      await Promise.all(all.map(({ redis }) => redis.stop()));
    },
  };
}

async function startNode(): Promise<Member> {
  const busPort = await freePort();
  const redis = await startRedis({ args: clusterArguments(busPort) });
  const admin = connect(redis.url, { name: 'admin' });
  admin.on('error', () => {}); // Some of them are killed.
  const id = String(await admin.call('CLUSTER', ['MYID']));
  const call = (command: string, args: readonly (string | number)[]) => admin.call(command, args);
  return { redis, admin, id, port: redis.port, busPort, call };
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
