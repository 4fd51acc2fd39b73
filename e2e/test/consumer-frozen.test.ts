import { describe, expect, it } from 'vitest';
import { eventually } from '../src/eventually.js';
import { Trial } from '../src/trial.js';

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
