import { describe, expect, it } from 'vitest';
import { sharedNow } from '../src/clock.js';
import { eventually } from '../src/eventually.js';
import { SystemUnderTest } from '../src/processes/system-under-test.js';
import { Standalone } from '../src/servers/standalone.js';

describe('a consumer process that is frozen for longer than its lease', () => {
  it.each(['return', 'ack'] as const)(
    'is told that its messages are lost, changes nothing by its stale %s, and continues',
    async (settle) => {
      await using system = await SystemUnderTest.start();
      const { log } = system;
      const consume = { concurrency: 5, leaseMs: 500 };
      const sleeper = system.consumer({ consume, settle, handleMs: 300 });
      // It is slower than the lease, so that the stale acks arrive while it works.
      const successor = system.consumer({ consume, settle, handleMs: 600 });
      await eventually(() => log.count('ready') === 2);
      // So many that both are busy for a while, also where this process seldom gets the processor.
      const first = system.producer({ count: 50 });
      const inWork = (name: string) => log.count('started', name) - log.count('handled', name);
      await eventually(() => inWork(sleeper.name) === 5 && inWork(successor.name) === 5);

      await system.freeze(sleeper, () =>
        eventually(() => log.all('recovered', successor.name).length > 0),
      );
      await eventually(() => log.count('lost', sleeper.name) > 0);
      await system.quiet();
      await successor.finish();
      const handledBefore = log.count('handled', sleeper.name);
      const second = system.producer({ count: 10 });
      await eventually(() => log.count('handled', sleeper.name) >= handledBefore + 10);
      await Promise.all([first.exited, second.exited]);
      await system.quiet();
      await sleeper.finish();
      await system.quiet();

      const [recovery] = log.all('recovered', successor.name);
      const [lost] = log.all('lost', sleeper.name);
      expect(lost?.count).toBe(recovery?.returned);
      if (settle === 'ack') {
        const codes = log.all('ack-refused', sleeper.name).map(({ code }) => code);
        expect(codes).toEqual(Array(recovery?.returned).fill('LEASE_LOST'));
      }
      const result = await system.summary();
      expect(result).toMatchObject({ resolved: 60, lost: [], unsent: [], afterAck: [] });
      expect(result.unexplained).toEqual([]);
      expect(result.duplicates).toBe(recovery?.returned);
      // An ack that had changed anything would be one too many.
      expect(await system.queue.stats()).toMatchObject({ dead: 0, total: { acked: 60 } });
    },
  );

  it('while it waits for a message loses none that comes meanwhile', async () => {
    await using system = await SystemUnderTest.start();
    const { log } = system;
    const consume = { concurrency: 5, leaseMs: 500 };
    const sleeper = system.consumer({ consume });
    const successor = system.consumer({ consume });
    await eventually(() => log.count('ready') === 2);

    for (let time = 0; time < 3; time += 1) {
      const expected = log.count('handled', successor.name) + 40;
      await system.freeze(sleeper, async () => {
        system.producer({ count: 40, burst: 1 });
        await eventually(() => log.count('handled', successor.name) >= expected);
      });
      await system.quiet();
    }
    await Promise.all([sleeper.finish(), successor.finish()]);
    await system.quiet();

    expect(await system.summary()).toMatchObject({
      resolved: 120,
      lost: [],
      unsent: [],
      unexplained: [],
    });
    expect(await system.queue.stats()).toMatchObject({ dead: 0, total: { acked: 120 } });
  });
});

describe('a consumer process whose connections are dropped while it is frozen', () => {
  it.each([
    ['queue', { consume: { leaseMs: 60_000, heartbeat: 'thread' } }],
    ['topic', { topic: true, queue: 'topic', consume: { leaseMs: 60_000, heartbeat: 'thread' } }],
  ] as const)('of a %s connects anew before it calls, and loses nothing', async (_, settings) => {
    const server = await Standalone.start({ proxied: true });
    await using system = await SystemUnderTest.on(server);
    const { log } = system;
    const { topic, queue } = { topic: false, queue: 'shared', ...settings };
    const consumer = system.consumer(settings);
    const first = system.producer({ count: 10, topic, queue });
    await eventually(() => log.count('handled') === 10);
    await first.exited;

    await system.freeze(consumer, async () => {
      for (const link of server.proxy.links) link.sever();
      const until = sharedNow() + 6500;
      await eventually(() => sharedNow() > until);
    });
    const second = system.producer({ count: 10, topic, queue });

    await eventually(() => log.count('handled') === 20, { withinMs: 40_000 });
    await second.exited;
    await consumer.finish();
    await system.quiet();
    expect(await system.summary()).toMatchObject({ resolved: 20, lost: [], duplicates: 0 });
    // That of the read which was waiting may be among them.
    const errors = log.all('error', consumer.name).map(({ message }) => message);
    expect(errors.filter((message) => message.includes('EVAL'))).toEqual([]);
  });
});
