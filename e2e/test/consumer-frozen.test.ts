import { describe, expect, it } from 'vitest';
import { sharedNow } from '../src/clock.js';
import { eventually } from '../src/eventually.js';
import { Trial } from '../src/faults/trial.js';
import { Standalone } from '../src/servers/standalone.js';

describe('a consumer process that is frozen for longer than its lease', () => {
  it.each(['return', 'ack'] as const)(
    'is told that its messages are lost, changes nothing by its stale %s, and goes on',
    async (settle) => {
      await using trial = await Trial.start();
      const { ledger } = trial;
      const consume = { concurrency: 5, leaseMs: 500 };
      const sleeper = trial.consumer({ consume, settle, handleMs: 300 });
      // It is slower than the lease, so that the stale acks arrive while it works.
      const heir = trial.consumer({ consume, settle, handleMs: 600 });
      await eventually(() => ledger.count('ready') === 2);
      const first = trial.producer({ count: 20 });
      const inWork = (name: string) =>
        ledger.count('started', name) - ledger.count('handled', name);
      await eventually(() => inWork(sleeper.name) === 5 && inWork(heir.name) === 5);

      await trial.freeze(sleeper, () =>
        eventually(() => ledger.all('recovered', heir.name).length > 0),
      );
      await eventually(() => ledger.count('lost', sleeper.name) > 0);
      await trial.quiet();
      await heir.finish();
      const handledBefore = ledger.count('handled', sleeper.name);
      const second = trial.producer({ count: 10 });
      await eventually(() => ledger.count('handled', sleeper.name) >= handledBefore + 10);
      await Promise.all([first.exited, second.exited]);
      await trial.quiet();
      await sleeper.finish();
      await trial.quiet();

      const [recovery] = ledger.all('recovered', heir.name);
      const [lost] = ledger.all('lost', sleeper.name);
      expect(lost?.count).toBe(recovery?.putBack);
      if (settle === 'ack') {
        const codes = ledger.all('ack-refused', sleeper.name).map(({ code }) => code);
        expect(codes).toEqual(Array(recovery?.putBack).fill('LEASE_LOST'));
      }
      const result = await trial.account();
      expect(result).toMatchObject({ resolved: 30, lost: [], unsent: [], afterAck: [] });
      expect(result.unexcused).toEqual([]);
      expect(result.duplicates).toBe(recovery?.putBack);
      // An ack that had changed anything would be one too many.
      expect(await trial.queue.stats()).toMatchObject({ dead: 0, total: { acked: 30 } });
    },
  );

  it('while it waits for a message loses none that comes meanwhile', async () => {
    await using trial = await Trial.start();
    const { ledger } = trial;
    const consume = { concurrency: 5, leaseMs: 500 };
    const sleeper = trial.consumer({ consume });
    const heir = trial.consumer({ consume });
    await eventually(() => ledger.count('ready') === 2);

    for (let round = 0; round < 3; round += 1) {
      const expected = ledger.count('handled', heir.name) + 40;
      await trial.freeze(sleeper, async () => {
        trial.producer({ count: 40, burst: 1 });
        await eventually(() => ledger.count('handled', heir.name) >= expected);
      });
      await trial.quiet();
    }
    await Promise.all([sleeper.finish(), heir.finish()]);
    await trial.quiet();

    expect(await trial.account()).toMatchObject({
      resolved: 120,
      lost: [],
      unsent: [],
      unexcused: [],
    });
    expect(await trial.queue.stats()).toMatchObject({ dead: 0, total: { acked: 120 } });
  });
});

describe('a consumer process whose connections are forgotten while it is frozen', () => {
  it.each([
    ['queue', { consume: { leaseMs: 60_000, heartbeat: 'thread' } }],
    ['topic', { topic: true, queue: 'topic', consume: { leaseMs: 60_000 } }],
  ] as const)('of a %s connects anew before it calls, and loses nothing', async (_, settings) => {
    const server = await Standalone.start({ proxied: true });
    await using trial = await Trial.on(server);
    const { ledger } = trial;
    const { topic, queue } = { topic: false, queue: 'trial', ...settings };
    const consumer = trial.consumer(settings);
    const first = trial.producer({ count: 10, topic, queue });
    await eventually(() => ledger.count('handled') === 10);
    await first.exited;

    await trial.freeze(consumer, async () => {
      for (const link of server.proxy.links) link.sever();
      const until = sharedNow() + 6500;
      await eventually(() => sharedNow() > until);
    });
    const second = trial.producer({ count: 10, topic, queue });

    await eventually(() => ledger.count('handled') === 20, { withinMs: 40_000 });
    await second.exited;
    await consumer.finish();
    await trial.quiet();
    expect(await trial.account()).toMatchObject({ resolved: 20, lost: [], duplicates: 0 });
    // That of the read which was waiting may be among them.
    const errors = ledger.all('error', consumer.name).map(({ message }) => message);
    expect(errors.filter((message) => message.includes('EVAL'))).toEqual([]);
  });
});
