import { eventually } from './eventually.js';
import { freePort } from './free-port.js';
import { startsBeforeRedis7 } from './redis-version.js';

/** A server of a Cluster, as the test that has started it sees it. */
export interface ClusterMember {
  readonly port: number;
  call(command: string, args: readonly (string | number)[]): Promise<unknown>;
}

/** A server, as far as a command needs it. */
type Asked = Pick<ClusterMember, 'call'>;

/** The settings of a node that notices the death of another one within about a second. */
export async function clusterArguments(): Promise<string[]> {
  const prompt = ['--cluster-node-timeout', '1000', '--repl-diskless-sync-delay', '0'];
  return [...(await nodeArguments()), ...prompt];
}

/**
 * The settings of a node. The nodes talk to each other at a port that is free, except before Redis 7: there it is always
 * 10000 above the other one, among those that systems give to outgoing connections.
 */
export async function nodeArguments(): Promise<string[]> {
  const cluster = ['--cluster-enabled', 'yes'];
  return startsBeforeRedis7() ? cluster : [...cluster, '--cluster-port', String(await freePort())];
}

/** Gives a node these slots, by default all. */
export async function addSlots(
  node: Asked,
  [from, to]: readonly [from: number, to: number] = slotRange(0, 1),
): Promise<void> {
  // Redis before 7 has no ADDSLOTSRANGE.
  const slots = Array.from({ length: to - from + 1 }, (_, at) => from + at);
  await node.call('CLUSTER', ['ADDSLOTS', ...slots]);
}

/** Tells a node of another one. */
export async function meet(node: Asked, other: ClusterMember): Promise<void> {
  const nodes = String(await other.call('CLUSTER', ['NODES']));
  const [, busPort = ''] = /@(\d+)[^\n]*myself/.exec(nodes) ?? [];
  await node.call('CLUSTER', ['MEET', '127.0.0.1', other.port, busPort]);
}

/**
 * Makes a Cluster of empty servers: the masters share the slots evenly and in order, and each
 * replica follows the master of its place. Resolves when all of them agree.
 */
export async function formCluster(
  masters: readonly ClusterMember[],
  replicas: readonly ClusterMember[] = [],
): Promise<void> {
  const all = [...masters, ...replicas];
  const [first, ...others] = all;
  for (const [at, master] of masters.entries()) {
    await addSlots(master, slotRange(at, masters.length));
  }
  for (const other of others) if (first) await meet(first, other);
  await untilAll(all, 'CLUSTER INFO', `cluster_known_nodes:${all.length}`);
  for (const [at, { call }] of replicas.entries()) {
    const id = String(await masters[at]?.call('CLUSTER', ['MYID']));
    await eventually(() => call('CLUSTER', ['REPLICATE', id]));
  }
  await untilAll(all, 'CLUSTER INFO', 'cluster_state:ok');
  await untilAll(replicas, 'INFO replication', 'master_link_status:up');
}

/** The first and the last slot of the master at this place. */
export function slotRange(at: number, masters: number): [number, number] {
  const first = (place: number) => Math.round((place * 16_384) / masters);
  return [first(at), first(at + 1) - 1];
}

/** A master, as far as moving a slot needs it. */
export interface SlotOwner extends Pick<ClusterMember, 'port'> {
  readonly id: string;
  call(command: string, args: (string | number)[]): Promise<unknown>;
}

/**
 * Moves the slot of a key from one master to another, key by key; resolves with how many keys it moved.
 *
 * @param between is awaited before each key, and before the slot changes hands.
 */
export async function migrateSlotOf(
  key: string,
  source: SlotOwner,
  sink: SlotOwner,
  masters: readonly SlotOwner[],
  between: () => Promise<void> = async () => {},
): Promise<number> {
  const slot = Number(await source.call('CLUSTER', ['KEYSLOT', key]));
  await sink.call('CLUSTER', ['SETSLOT', slot, 'IMPORTING', source.id]);
  await source.call('CLUSTER', ['SETSLOT', slot, 'MIGRATING', sink.id]);
  for (let moved = 0; ; moved += 1) {
    await between();
    const [next] = (await source.call('CLUSTER', ['GETKEYSINSLOT', slot, 1])) as Buffer[];
    if (next === undefined) {
      for (const node of [sink, source, ...masters]) {
        await node.call('CLUSTER', ['SETSLOT', slot, 'NODE', sink.id]);
      }
      return moved;
    }
    await source.call('MIGRATE', ['127.0.0.1', sink.port, String(next), 0, 5000]);
  }
}

/** Moves the slot of a key from one master to another in one piece, as Valkey 9 can. Resolves when both know it. */
export async function moveSlotAtOnce(
  key: string,
  source: Pick<SlotOwner, 'call'>,
  sink: Pick<SlotOwner, 'id'>,
): Promise<void> {
  const slot = Number(await source.call('CLUSTER', ['KEYSLOT', key]));
  await source.call('CLUSTER', ['MIGRATESLOTS', 'SLOTSRANGE', slot, slot, 'NODE', sink.id]);
  const ended = await eventually(async () => {
    const [newest] = (await source.call('CLUSTER', ['GETSLOTMIGRATIONS'])) as unknown[];
    return /state,(success|failed|canceled|cancelled)/.exec(String(newest)) && String(newest);
  }, 20_000);
  if (!ended.includes('state,success')) throw new Error(`The slot was not moved: ${ended}`);
}

async function untilAll(
  members: readonly ClusterMember[],
  command: string,
  expected: string,
): Promise<void> {
  const [name = '', ...args] = command.split(' ');
  for (const { call } of members) {
    await eventually(async () => {
      const text = String(await call(name, args));
      if (!text.includes(expected)) throw new Error(`${command}: ${text}`);
      return true;
    }, 20_000);
  }
}
