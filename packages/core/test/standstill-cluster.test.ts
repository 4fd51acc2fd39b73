import { Cluster } from 'ioredis';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { clusterArguments, formCluster } from '../../../tooling/cluster.js';
import { eventually } from '../../../tooling/eventually.js';
import { needRedis7 } from '../../../tooling/redis-version.js';
import { type EmbeddedRedis, startRedis } from '../src/embedded/index.js';
import { connect } from '../src/index.js';
import { type Relay, startRelay } from './support/relay.js';
import { inOrder, StandingProgram } from './support/standing-program.js';
import { openConnection } from './support/use-redis.js';

// As `standstill.test.ts`, with the sockets of a Cluster.

describe('a process that stood still while its connections to some nodes of a Cluster were dropped', () => {
  let nodes: EmbeddedRedis[] = [];

  beforeAll(async () => {
    const starting = Array.from({ length: 3 }, async () => {
      return startRedis({ args: await clusterArguments() });
    });
    nodes = await Promise.all(starting);
    const admins = nodes.map(({ url }) => connect(url));
    const members = nodes.map(({ port }, at) => ({
      port,
      call: async (command: string, args: readonly (string | number)[]) =>
        admins[at]?.call(command, args),
    }));
    await formCluster(members);
    await Promise.all(admins.map((admin) => admin.close()));
  }, 60_000);

  beforeEach(({ skip }) => needRedis7(skip));
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
      const program = new StandingProgram({ ports, at: pastRelays(ports) });
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
