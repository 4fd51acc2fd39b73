import { type ClusterMember, clusterArguments, formCluster, slotRange } from './cluster.js';

interface Server {
  readonly port: number;
  readonly url: string;
  stop(): Promise<unknown>;
}

interface Admin {
  call(command: string, args: readonly (string | number)[]): Promise<unknown>;
  on(event: 'error', listener: () => void): unknown;
  close(): Promise<void>;
}

/** How a package starts servers and asks them. */
export interface ClusterMeans<Redis extends Server, Client extends Admin> {
  startRedis(options: { args: string[] }): Promise<Redis>;
  connect(url: string, options: { name: string }): Client;
}

export interface TestNode<Redis, Client> {
  readonly redis: Redis;
  readonly admin: Client;
  readonly id: string;
}

/** Three masters, each with a third of the slots, and one replica for each. */
export interface TestCluster<Redis, Client> {
  readonly addresses: string[];
  readonly masters: TestNode<Redis, Client>[];
  readonly replicas: TestNode<Redis, Client>[];
  /** The master that has the slot of a channel. */
  ownerOf(channel: string): Promise<TestNode<Redis, Client>>;
  stop(): Promise<void>;
}

export async function startTestCluster<Redis extends Server, Client extends Admin>(
  means: ClusterMeans<Redis, Client>,
): Promise<TestCluster<Redis, Client>> {
  const all = await Promise.all(Array.from({ length: 6 }, () => startNode(means)));
  const [masters, replicas] = [all.slice(0, 3), all.slice(3)];
  await formCluster(masters, replicas);

  return {
    addresses: all.map(({ port }) => `127.0.0.1:${port}`),
    masters,
    replicas,
    async ownerOf(channel) {
      const slot = Number(await all[0]?.admin.call('CLUSTER', ['KEYSLOT', channel]));
      const owner = masters.find((_, at) => slot <= slotRange(at, masters.length)[1]);
      return owner as TestNode<Redis, Client>;
    },
    async stop() {
      await Promise.all(all.map(({ admin }) => admin.close()));
      await Promise.all(all.map(({ redis }) => redis.stop()));
    },
  };
}

async function startNode<Redis extends Server, Client extends Admin>({
  startRedis,
  connect,
}: ClusterMeans<Redis, Client>): Promise<TestNode<Redis, Client> & ClusterMember> {
  const redis = await startRedis({ args: await clusterArguments() });
  const admin = connect(redis.url, { name: 'admin' });
  admin.on('error', () => {}); // Some of them are killed.
  const id = String(await admin.call('CLUSTER', ['MYID']));
  const call = (command: string, args: readonly (string | number)[]) => admin.call(command, args);
  return { redis, admin, id, port: redis.port, call };
}
