import { type Cluster, Command, type Redis } from 'ioredis';
import type { Client } from './target.js';

/** A part of ioredis's Cluster without a public name: the client of the node with this key. */
interface WithNodes {
  connectionPool: { getInstanceByKey(key: string): Redis | undefined };
}

/** The slot of a Cluster that a key lies in. */
export function slotOf(key: string): number {
  return Number(new Command('GET', [key]).getSlot());
}

export function isCluster(client: Client): client is Cluster {
  return 'slots' in client;
}

/** The client of the master that has a slot, where that is known; else the Cluster's own. */
export function masterOf(cluster: Client, slot: number): Client {
  if (!isCluster(cluster)) return cluster;
  const [master] = cluster.slots[slot] ?? [];
  if (master === undefined) return cluster;
  const { connectionPool } = cluster as unknown as WithNodes;
  return connectionPool.getInstanceByKey(master) ?? cluster;
}

/** Whether this is the client of one server that can be used, or will be. */
export function isNode(client: Client): boolean {
  if (isCluster(client)) return false;
  return ['wait', 'connecting', 'connect', 'ready'].includes(client.status);
}
