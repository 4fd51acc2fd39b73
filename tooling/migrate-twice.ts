import { setTimeout as pause } from 'node:timers/promises';
import { migrateSlotOf, moveSlotAtOnce, type SlotOwner } from './cluster.js';

interface Node {
  readonly id: string;
  readonly redis: { readonly port: number };
  readonly admin: { call(command: string, args: readonly (string | number)[]): Promise<unknown> };
}

interface Cluster {
  readonly masters: readonly Node[];
  ownerOf(key: string): Promise<Node>;
}

/** Moves the slot of a key to another node and back, key by key, with time to publish at each step. */
export async function migrateTwice(cluster: Cluster, key: string): Promise<void> {
  const { masters, from, to } = await placesOf(cluster, key);
  for (const [source, sink] of [
    [from, to],
    [to, from],
  ] as const) {
    await migrateSlotOf(key, source, sink, masters, () => pause(50));
    await pause(50);
  }
}

/**
 * The same in one piece, as Valkey 9 can, and so many times, of which an even number ends where it began.
 *
 * @param between is awaited before each of them, with where the slot is then.
 */
export async function moveAtOnce(
  cluster: Cluster,
  key: string,
  { times, between }: { times: number; between: (owner: SlotOwner) => Promise<unknown> },
): Promise<void> {
  let { from, to } = await placesOf(cluster, key);
  for (let moves = 0; moves < times; moves += 1) {
    await between(from);
    await moveSlotAtOnce(key, from, to);
    [from, to] = [to, from];
  }
}

/** The masters, the one that has the slot of a key at the beginning, and another one. */
async function placesOf(cluster: Cluster, key: string) {
  const owner = await cluster.ownerOf(key);
  const other = cluster.masters.find((node) => node !== owner) as typeof owner;
  const masters = cluster.masters.map(({ admin, id, redis }) => ({
    id,
    port: redis.port,
    call: (command: string, args: (string | number)[]) => admin.call(command, args),
  }));
  const place = ({ id }: Node) => masters.find((node) => node.id === id) as SlotOwner;
  return { masters, from: place(owner), to: place(other) };
}
