import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Argument, type Connection, connect } from '@redpost/core';
import { type EmbeddedRedis, startRedis } from '@redpost/core/embedded';
import {
  clusterArguments,
  formCluster,
  migrateSlotOf,
  moveSlotAtOnce,
  type SlotOwner,
} from '../../../tooling/cluster.js';
import { startsValkey9 } from '../../../tooling/redis-version.js';
import { eventually } from '../eventually.js';
import type { Server } from './server.js';

/** One server of the Cluster, which keeps its place in it after a restart. */
class Node {
  readonly #dir: string;
  readonly #args: readonly string[];
  #redis: EmbeddedRedis;
  readonly #admin: Connection;

  private constructor(redis: EmbeddedRedis, dir: string, args: readonly string[]) {
    this.#redis = redis;
    this.#dir = dir;
    this.#args = args;
    this.#admin = connect(redis.url, { name: 'admin' });
    this.#admin.on('error', () => {}); // It may be killed.
  }

  static async start(): Promise<Node> {
    const [args, dir] = [await clusterArguments(), await mkdtemp(join(tmpdir(), 'redpost-e2e-'))];
    return new Node(await startRedis({ dir, args }), dir, args);
  }

  get port(): number {
    return this.#redis.port;
  }

  readonly call = (command: string, args: readonly Argument[]) => this.#admin.call(command, args);

  async text(command: string, ...args: Argument[]): Promise<string> {
    return String(await this.call(command, args));
  }

  kill(): Promise<void> {
    return this.#redis.kill();
  }

  async restart(): Promise<void> {
    const { port } = this.#redis;
    this.#redis = await startRedis({ dir: this.#dir, port, args: this.#args });
  }

  async stop(): Promise<void> {
    await this.#admin.close();
    await this.#redis.stop();
    await rm(this.#dir, { recursive: true, force: true });
  }
}

/** Three masters, with a replica each. */
export class Clustered implements Server {
  readonly #nodes: readonly Node[];

  private constructor(nodes: readonly Node[]) {
    this.#nodes = nodes;
  }

  static async start(): Promise<Clustered> {
    const nodes = await Promise.all(Array.from({ length: 6 }, () => Node.start()));
    await formCluster(nodes.slice(0, 3), nodes.slice(3));
    return new Clustered(nodes);
  }

  get target(): string[] {
    return this.#nodes.map(({ port }) => `127.0.0.1:${port}`);
  }

  get observed(): string[] {
    return this.target;
  }

  /** Resolves when every master has a replica that can take over. */
  async isSafe(): Promise<void> {
    const isSafe = async () => {
      const all = await Promise.all(this.#nodes.map((node) => node.text('INFO', 'replication')));
      const following = all.filter((info) => info.includes('master_link_status:up'));
      return following.length === 3;
    };
    const describe = () => 'every master has a replica';
    await eventually(() => isSafe().catch(() => false), { withinMs: 30_000, describe });
  }

  /** Kills the master that has this key; resolves when another one has its slot. */
  async killMasterOf(key: string): Promise<{ restore(): Promise<void> }> {
    const owner = await this.#ownerOf(key);
    await owner.kill();
    const hasMoved = async () => (await this.#ownerOf(key, { notAsking: owner })) !== owner;
    const describe = () => 'another node has become the master';
    await eventually(() => hasMoved().catch(() => false), { describe });
    return { restore: () => owner.restart() };
  }

  /** Makes a replica take over from the master of this key, which stays alive; resolves when it has. */
  async switchMasterOf(key: string): Promise<void> {
    const owner = await this.#ownerOf(key);
    const ownerId = await id(owner);
    const roles = await Promise.all(this.#nodes.map((node) => node.text('CLUSTER', 'NODES')));
    const follows = (nodes = '') =>
      nodes
        .split('\n')
        .find((line) => line.includes('myself'))
        ?.includes(`slave ${ownerId}`);
    const replica = this.#nodes.find((_, at) => follows(roles[at]));
    if (!replica) throw new Error('The master of the key has no replica');
    let askedAt = Number.NEGATIVE_INFINITY;
    const hasMoved = async () => {
      if ((await this.#ownerOf(key, { notAsking: owner })) === replica) return true;
      // A server gives up after 5 s, e.g. on a machine too busy for the replica to catch up.
      if (performance.now() - askedAt < 6000) return false;
      askedAt = performance.now();
      await replica.call('CLUSTER', ['FAILOVER']);
      return false;
    };
    const describe = () => 'the replica has taken over';
    await eventually(() => hasMoved().catch(() => false), { describe });
  }

  /**
   * Moves the slot of this key to another master, key by key, and on Valkey 9 half of the times in one piece; returns how many
   * keys were moved.
   */
  async migrateSlotOf(key: string, random: () => number): Promise<number> {
    const owner = await this.#ownerOf(key);
    const masters = await this.#slotOwners();
    const source = masters.find(({ port }) => port === owner.port) as SlotOwner;
    const others = masters.filter((node) => node !== source);
    const sink = others[Math.floor(random() * others.length)] as SlotOwner;
    if (!startsValkey9() || random() < 0.5) return migrateSlotOf(key, source, sink, masters);
    const slot = Number(await source.call('CLUSTER', ['KEYSLOT', key]));
    const count = Number(await source.call('CLUSTER', ['COUNTKEYSINSLOT', slot]));
    await moveSlotAtOnce(key, source, sink);
    return count;
  }

  /**
   * Prepares to move the slot of a key, key by key, from its master to another one than the master of `beside`, which may die meanwhile.
   * The result does it, and resolves with how many keys were moved.
   *
   * @param between is awaited before each key.
   */
  async migrationBeside(
    beside: string,
    key: string,
    between: () => Promise<void>,
  ): Promise<() => Promise<number>> {
    const [source, apart] = [await this.portOf(key), await this.portOf(beside)];
    const owners = (await this.#slotOwners())
      .filter(({ port }) => port !== apart)
      .map((owner) => ({ ...owner, call: whenUp(owner.call) }));
    const from = owners.find(({ port }) => port === source) as SlotOwner;
    const to = owners.find(({ port }) => port !== source) as SlotOwner;
    return () => migrateSlotOf(key, from, to, [from, to], between);
  }

  /** Which master has this key. */
  async portOf(key: string): Promise<number> {
    return (await this.#ownerOf(key)).port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#nodes.map((node) => node.stop()));
  }

  async #masters(): Promise<Node[]> {
    const roles = await Promise.all(this.#nodes.map((node) => node.text('INFO', 'replication')));
    return this.#nodes.filter((_, at) => roles[at]?.includes('role:master'));
  }

  async #slotOwners(): Promise<SlotOwner[]> {
    const masters = await this.#masters();
    return Promise.all(
      masters.map(async (node) => ({ id: await id(node), port: node.port, call: node.call })),
    );
  }

  async #ownerOf(key: string, { notAsking }: { notAsking?: Node } = {}): Promise<Node> {
    const asked = this.#nodes.find((node) => node !== notAsking) as Node;
    const slot = Number(await asked.call('CLUSTER', ['KEYSLOT', key]));
    const ranges = (await asked.call('CLUSTER', ['SLOTS'])) as [number, number, [Buffer, number]][];
    const range = ranges.find(([from, to]) => from <= slot && slot <= to);
    const owner = this.#nodes.find(({ port }) => port === range?.[2][1]);
    if (!owner) throw new Error(`No node has slot ${slot}`);
    return owner;
  }
}

function id(node: Node): Promise<string> {
  return node.text('CLUSTER', 'MYID');
}

/** Repeats calls until the Cluster has a master for all slots again. */
function whenUp(call: SlotOwner['call']): SlotOwner['call'] {
  return async (command, args) => {
    const attempt = async (): Promise<[reply: unknown] | undefined> => {
      try {
        return [await call(command, args)];
      } catch (error) {
        if (String(error).includes('CLUSTERDOWN')) return undefined;
        throw error;
      }
    };
    const [reply] = (await eventually(attempt)) ?? [];
    return reply;
  };
}
