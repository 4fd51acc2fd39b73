import { setTimeout as pause } from 'node:timers/promises';
import { migrateSlotOf } from './cluster.js';

interface Node {
  readonly id: string;
  readonly redis: { readonly port: number };
  readonly admin: { call(command: string, args: readonly (string | number)[]): Promise<unknown> };
}

interface Cluster {
  readonly masters: readonly Node[];
  ownerOf(key: string): Promise<Node>;
}

/** Moves the slot of a key to another node and back, with time to publish at each step. */
export async function migrateTwice(cluster: Cluster, key: string): Promise<void> {
  const owner = await cluster.ownerOf(key);
  const other = cluster.masters.find((node) => node !== owner) as typeof owner;
  const masters = cluster.masters.map(({ admin, id, redis }) => ({
    id,
    port: redis.port,
    call: (command: string, args: (string | number)[]) => admin.call(command, args),
  }));
  const [from, to] = [owner, other].map(({ id }) => masters.find((node) => node.id === id));
  for (const [source, sink] of [
    [from, to],
    [to, from],
  ]) {
    if (source && sink) await migrateSlotOf(key, source, sink, masters, () => pause(50));
    await pause(50);
  }
}
