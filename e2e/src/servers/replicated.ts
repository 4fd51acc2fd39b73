import { type Connection, connect } from '@redpost/core';
import { type EmbeddedRedis, startRedis } from '@redpost/core/embedded';
import { untilReplicaIsKnown } from '../../../tooling/replication.js';
import { type Sentinel, startSentinel } from '../../../tooling/sentinel.js';
import { eventually } from '../eventually.js';
import type { Server } from './server.js';

const args = ['--repl-diskless-sync-delay', '0'];

/** Long enough that a busy machine does not cause a failover that is not recorded. */
const silenceMs = 2000;

/** A master, a replica, and a Sentinel that knows their roles. */
export class Replicated implements Server {
  #master: EmbeddedRedis;
  #replica: EmbeddedRedis;
  readonly #sentinel: Sentinel;

  private constructor(master: EmbeddedRedis, replica: EmbeddedRedis, sentinel: Sentinel) {
    this.#master = master;
    this.#replica = replica;
    this.#sentinel = sentinel;
  }

  static async start(): Promise<Replicated> {
    const master = await startRedis({ args });
    const replica = await startReplica(master);
    // Only now: a Sentinel looks for replicas every ten seconds, from its start.
    const server = process.env.REDPOST_REDIS_SERVER ?? 'redis-server';
    const sentinel = await startSentinel(server, master.port, silenceMs);
    return new Replicated(master, replica, sentinel);
  }

  get target() {
    return { name: 'mymaster', sentinels: [{ host: '127.0.0.1', port: this.#sentinel.port }] };
  }

  get observed() {
    return this.target;
  }

  /** Resolves when the Sentinel knows a replica that can take over. */
  async isSafe(): Promise<void> {
    await untilReplicaIsKnown({ connect }, this.#sentinel.port, this.#replica.port, 30_000);
  }

  /** Kills the master; resolves when the replica has taken over. */
  async killMaster(): Promise<void> {
    await this.#master.kill();
    await untilIt(this.#replica, 'role:master', 'the replica has become the master');
  }

  /** Makes the Sentinel promote the replica while the master is alive; resolves when it is promoted. */
  async promoteReplica(): Promise<void> {
    const [old, next] = [this.#master, this.#replica];
    await asked({ port: this.#sentinel.port }, (sentinel) =>
      sentinel.call('SENTINEL', ['FAILOVER', 'mymaster']),
    );
    await untilIt(next, 'role:master', 'the replica has become the master');
    this.#master = next;
    this.#replica = old;
  }

  /** Resolves when the former master knows that it is the replica now. */
  async isDemoted(): Promise<void> {
    await untilIt(this.#replica, 'master_link_status:up', 'the former master is a replica');
  }

  /** Restarts the server that was killed, as the replica of the other one. */
  async restore(): Promise<void> {
    const { port } = this.#master;
    this.#master = this.#replica;
    this.#replica = await startReplica(this.#master, port);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#sentinel.stop();
    await Promise.all([this.#master.stop(), this.#replica.stop()]);
  }
}

async function startReplica(master: EmbeddedRedis, port?: number): Promise<EmbeddedRedis> {
  const following = [...args, '--replicaof', '127.0.0.1', String(master.port)];
  const replica = await startRedis({ args: following, ...(port !== undefined && { port }) });
  await untilIt(replica, 'master_link_status:up', 'the replica follows its master');
  return replica;
}

/** Resolves when the server's answer about its role contains this text. */
function untilIt({ url }: EmbeddedRedis, says: string, meaning: string): Promise<unknown> {
  const options = { withinMs: 30_000, describe: () => meaning };
  return asked(url, (node) =>
    eventually(async () => (await replication(node)).includes(says), options),
  );
}

/** The server's answer about its role; empty while its connections are being closed for a new role. */
async function replication(node: Connection): Promise<string> {
  return String(await node.call('INFO', ['replication']).catch(() => ''));
}

/** Sends a command to one server, on a connection of its own. */
async function asked<Result>(
  target: string | { port: number },
  ask: (node: Connection) => Promise<Result>,
): Promise<Result> {
  await using node = connect(target);
  node.on('error', () => {}); // A Sentinel takes a moment to listen.
  return await ask(node);
}
