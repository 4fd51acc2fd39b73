import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { Cluster } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { clusterArguments, formCluster } from '../../../tooling/cluster.js';
import { eventually } from '../../../tooling/eventually.js';
import { freePort } from '../../../tooling/free-port.js';
import { startPair } from '../../../tooling/replication.js';
import { whileFrozen } from '../../../tooling/while-frozen.js';
import { type EmbeddedRedis, startRedis } from '../src/embedded/index.js';
import { type Connection, type ConnectionTarget, connect } from '../src/index.js';
import { type Relay, startRelay } from './support/relay.js';
import { openConnection, uniqueKey } from './support/use-redis.js';

// A computer that slept, or a function that was frozen between two invocations. Meanwhile a router has forgotten
// its connections: what is sent on them gets nowhere, and nobody says so.

/** Longer than the clocks may go unlooked at. */
const standstillMs = 6500;

interface Told {
  events: string[];
  heard: string[];
  readFailures: string[];
  beatMsAgo: number;
}

let primary: EmbeddedRedis;
let replica: EmbeddedRedis;

beforeAll(async () => {
  ({ master: primary, replica } = await startPair({ startRedis, connect }));
});

afterAll(() => Promise.all([primary?.stop(), replica?.stop()]));

/** A process of its own with sockets of every kind. */
class Program {
  readonly key = uniqueKey();
  readonly taken: string[] = [];
  readonly #child: ChildProcess;
  readonly #admin: Connection;

  constructor(options: {
    ports: number[];
    isOwnClient?: boolean;
    blocksMs?: number;
    at?: ConnectionTarget;
  }) {
    const path = fileURLToPath(new URL('support/stands-still.mjs', import.meta.url));
    const { at = primary.url, ...own } = options;
    this.#admin = openConnection(at);
    this.#child = fork(path, [JSON.stringify({ key: this.key, ...own })]);
    this.#child.on('message', ({ taken }: { taken?: string }) => taken && this.taken.push(taken));
    onTestFinished(() => void this.#child.kill('SIGKILL'));
  }

  /** Resolves when all its calls have been answered once. */
  async ready(): Promise<void> {
    expect(await this.#next('ready')).toEqual([]);
    await this.admin('DEL', `${this.key}:sent`);
  }

  admin(command: string, ...args: (string | number)[]): Promise<unknown> {
    return this.#admin.call(command, args);
  }

  /** What it is told now is what wakes it: it is read before any timer runs. */
  async whileFrozen(job: () => void): Promise<void> {
    await whileFrozen(this.#child.pid ?? 0, async () => {
      job();
      const until = performance.now() + standstillMs;
      await eventually(() => performance.now() > until);
      this.say('call');
    });
  }

  say(what: 'call' | 'resume' | 'tell'): void {
    this.#child.send(what);
  }

  async called(): Promise<{ count: number; failed: string[] }> {
    return (await this.#next('called')) as { count: number; failed: string[] };
  }

  async told(): Promise<Told> {
    const told = this.#next('told');
    this.say('tell');
    return (await told) as Told;
  }

  /** Which sockets it has at the server. */
  async sockets(): Promise<string[]> {
    const list = String(await this.admin('CLIENT', 'LIST')).split('\n');
    return list
      .filter((line) => line.includes(`name=${this.key}:`))
      .map(idOf)
      .sort();
  }

  /** All that was sent, once and in order. */
  async sent(): Promise<number[]> {
    return ((await this.admin('LRANGE', `${this.key}:sent`, 0, -1)) as Buffer[]).map(Number);
  }

  async #next(what: string): Promise<unknown> {
    for (;;) {
      const [message] = await once(this.#child, 'message');
      if (what in message) return message[what];
    }
  }
}

function idOf(line: string): string {
  return line.split(' ', 1)[0] ?? '';
}

const inOrder = Array.from({ length: 20 }, (_, n) => n);

function pings({ pieces }: Relay): number {
  return pieces.join('').split(/\r\nping\r\n/i).length - 1;
}

describe('a process that stood still while a router dropped its connections', () => {
  it.each([
    ['a connection', false],
    ['a client of the caller’s', true],
  ] as const)(
    'has all calls of %s executed once and in order, reads on, and hears again',
    async (_, isOwnClient) => {
      const relay = await startRelay(primary.port);
      const program = new Program({ ports: [relay.port], isOwnClient });
      await program.ready();

      const called = program.called();
      await program.whileFrozen(() => relay.sever());

      expect(await called).toEqual({ count: 80, failed: [] });
      expect(await program.sent()).toEqual(inOrder);
      await program.admin('RPUSH', `${program.key}:list`, 'x');
      await eventually(() => program.taken.includes('x'));
      await eventually(async () => (await program.told()).events.includes('shared resumed'));
      expect((await program.told()).events).not.toContain('paused resumed');
      program.say('resume');
      await eventually(async () => (await program.told()).events.includes('paused resumed'));
      await program.admin('PUBLISH', `${program.key}:news`, 'hello');
      await eventually(async () => {
        const { heard, beatMsAgo } = await program.told();
        return heard.includes('shared') && heard.includes('paused') && beatMsAgo < 2000;
      });
    },
    60_000,
  );

  it('because its event loop was blocked has all calls executed once and in order', async () => {
    const relay = await startRelay(primary.port);
    const program = new Program({ ports: [relay.port], blocksMs: standstillMs });
    await program.ready();

    const called = program.called();
    program.say('call');
    relay.sever();

    expect(await called).toEqual({ count: 80, failed: [] });
    expect(await program.sent()).toEqual(inOrder);
  }, 60_000);
});

describe('a process that stood still while nothing happened', () => {
  it('asks each server once on each socket that it reads, and keeps all sockets and the order of its calls', async () => {
    const relay = await startRelay(primary.port);
    const program = new Program({ ports: [relay.port] });
    await program.ready();
    expect(pings(relay)).toBe(0);
    const sockets = await program.sockets();

    const called = program.called();
    await program.whileFrozen(() => {});

    expect(await called).toEqual({ count: 80, failed: [] });
    expect(await program.sent()).toEqual(inOrder);
    const { events, readFailures } = await program.told();
    expect({ events, readFailures }).toEqual({ events: [], readFailures: [] });
    expect(await program.sockets()).toEqual(sockets);
    // The one that is paused is not asked.
    expect(pings(relay)).toBe(sockets.length - 1);
  }, 60_000);
});

describe('a process that stood still while its connections to some nodes of a Cluster were dropped', () => {
  let nodes: EmbeddedRedis[] = [];

  beforeAll(async () => {
    const starting = Array.from({ length: 3 }, async () => {
      const busPort = await freePort();
      const node = await startRedis({ args: clusterArguments(busPort) });
      return { node, busPort };
    });
    const started = await Promise.all(starting);
    nodes = started.map(({ node }) => node);
    const admins = nodes.map(({ url }) => connect(url));
    const members = started.map(({ node: { port }, busPort }, at) => ({
      port,
      busPort,
      call: async (command: string, args: readonly (string | number)[]) =>
        admins[at]?.call(command, args),
    }));
    await formCluster(members);
    await Promise.all(admins.map((admin) => admin.close()));
  }, 60_000);

  afterAll(() => Promise.all(nodes.map((node) => node.stop())));

  /** Relays to all nodes, which announce themselves there. */
  async function announceRelays(): Promise<Relay[]> {
    const relays: Relay[] = [];
    for (const { port, url } of nodes) {
      const relay = await startRelay(port);
      const node = openConnection(url);
      await node.call('CONFIG', ['SET', 'cluster-announce-port', relay.port]);
      relays.push(relay);
    }
    const [first] = nodes;
    const node = openConnection(String(first?.url));
    await eventually(async () => {
      const slots = JSON.stringify(String(await node.call('CLUSTER', ['SLOTS'])));
      return relays.every(({ port }) => slots.includes(String(port)));
    });
    return relays;
  }

  function pastRelays(ports: number[]): Cluster {
    const entries = ports.map((port, at) => {
      return [`127.0.0.1:${port}`, { host: '127.0.0.1', port: Number(nodes[at]?.port) }];
    });
    const cluster = new Cluster([{ port: Number(nodes[0]?.port) }], {
      natMap: Object.fromEntries(entries),
    });
    onTestFinished(() => cluster.disconnect());
    return cluster;
  }

  it.each([
    ['one', [1]],
    ['all', [0, 1, 2]],
  ] as const)(
    'has all calls executed once and in order where it was %s of them',
    async (_, severed) => {
      const relays = await announceRelays();
      const ports = relays.map(({ port }) => port);
      const program = new Program({ ports, at: pastRelays(ports) });
      await program.ready();

      const called = program.called();
      await program.whileFrozen(() => {
        for (const at of severed) relays[at]?.sever();
      });

      expect(await called).toEqual({ count: 80, failed: [] });
      expect(await program.sent()).toEqual(inOrder);
      await program.admin('RPUSH', `${program.key}:list`, 'x');
      await eventually(() => program.taken.includes('x'));
      program.say('resume');
      await eventually(async () => {
        await program.admin('SPUBLISH', `${program.key}:news`, 'hello');
        const { heard } = await program.told();
        return heard.includes('shared') && heard.includes('paused');
      });
    },
    60_000,
  );
});
