import { describe, expect, it } from 'vitest';
import { sharedNow } from '../src/clock.js';
import { eventually } from '../src/eventually.js';
import { Trial } from '../src/trial.js';

const paced = { burst: 5, everyMs: 5, handleMs: 1, failEvery: 11 };

describe('when Redis', () => {
  it('is killed and started again with its append-only file, nothing is lost', async () => {
    await using trial = await Trial.start({ persistence: 'aof-always' });
    const { ledger } = trial;
    const settings = { consume: { concurrency: 10 } };
    const consumers = [trial.consumer(settings), trial.consumer({ ...settings, settle: 'ack' })];
    const producers = [trial.producer(paced), trial.producer({ ...paced, sendTimeoutMs: 50 })];

    for (let crash = 0; crash < 3; crash += 1) {
      await trial.progress(100);
      await trial.crashRedis();
    }
    await trial.progress(100);
    await Promise.all(producers.map((producer) => producer.finish()));
    await trial.quiet();
    await Promise.all(consumers.map((consumer) => consumer.finish()));
    await trial.quiet();

    const { resolved, ...result } = await trial.account();
    // The leases are longer than Redis was away, so not even a crash excuses a duplicate.
    expect(result).toEqual({ lost: [], unsent: [], afterAck: [], unexcused: [], duplicates: 0 });
    const outcomes = new Set(ledger.all('sent').map(({ outcome }) => outcome));
    expect([...outcomes].sort()).toEqual(expect.arrayContaining(['not-executed', 'resolved']));
    expect(outcomes).not.toContain('unstated');
    expect(ledger.count('sent')).toBe(ledger.count('sending'));
    expect(resolved).toBeGreaterThan(300);
    expect(ledger.count('lost')).toBe(0);
    expect(await trial.queue.stats()).toMatchObject({
      dead: 0,
      total: { acked: ledger.count('handled') },
    });
  });

  it.each([
    ['longer', 10_000],
    ['shorter', 500],
  ])(
    'is frozen, sends reject within their deadline and all resumes (leases %s than that)',
    async (_, leaseMs) => {
      await using trial = await Trial.start();
      const { ledger } = trial;
      const settings = { consume: { concurrency: 10, leaseMs } };
      const consumers = [trial.consumer(settings), trial.consumer(settings)];
      const sendTimeoutMs = 300;
      const producer = trial.producer({ ...paced, sendTimeoutMs });
      await trial.progress(100);
      const frozenMs = 2000;
      const frozenAt = sharedNow();

      await trial.freezeRedis(() => eventually(() => sharedNow() - frozenAt > frozenMs));
      await trial.progress(100);
      await producer.finish();
      await trial.quiet();
      await Promise.all(consumers.map((consumer) => consumer.finish()));
      await trial.quiet();

      const rejected = ledger.all('sent').filter(({ outcome }) => outcome !== 'resolved');
      expect(rejected.length).toBeGreaterThan(50);
      expect(new Set(rejected.map(({ outcome, code }) => `${code} ${outcome}`))).toEqual(
        new Set(['TIMEOUT unknown']),
      );
      expect(Math.max(...rejected.map(({ tookMs }) => tookMs))).toBeLessThan(sendTimeoutMs + 1000);
      const result = await trial.account();
      expect(result).toMatchObject({ lost: [], unsent: [], afterAck: [], unexcused: [] });
      if (leaseMs > frozenMs) expect(result.duplicates).toBe(0);
      expect((await trial.queue.stats()).dead).toBe(0);
    },
  );

  it('is not there, sends reject within their deadline and say that nothing was sent', async () => {
    await using trial = await Trial.start();
    const { ledger } = trial;
    await trial.stopRedis();

    const producer = trial.producer({ count: 20, sendTimeoutMs: 300 });
    const { code } = await producer.exited;

    const sent = ledger.all('sent');
    expect(code).toBe(0);
    expect(sent.map(({ code, outcome }) => `${code} ${outcome}`)).toEqual(
      Array(20).fill('CONNECTION not-executed'),
    );
    expect(Math.max(...sent.map(({ tookMs }) => tookMs))).toBeLessThan(1300);
  });

  it.each([
    ['busy', false],
    ['idle', true],
  ])(
    'forgets everything by FLUSHALL, %s consumers go on with what is sent next',
    async (_, idle) => {
      await using trial = await Trial.start();
      const { ledger, connection } = trial;
      const settings = { consume: { concurrency: 4, leaseMs: 3000 } };
      const consumers = [trial.consumer(settings), trial.consumer(settings)];
      await eventually(() => ledger.count('ready') === 2);

      for (let round = 0; round < 2; round += 1) {
        // What is sent before may be gone.
        const before = trial.producer({ everyMs: 2 });
        await trial.progress(50);
        await before.finish();
        if (idle) await trial.quiet();
        await connection.call('FLUSHALL', []);

        // The consumers do not know yet that their leases are gone.
        const after = trial.producer({ count: 40, burst: 1, everyMs: 10 });
        await after.exited;
        await trial.quiet();

        const only = (key: string) => key.startsWith(`${after.name}-`);
        const { resolved, lost } = await trial.account({ only });
        expect({ resolved, lost }).toEqual({ resolved: 40, lost: [] });
      }
      await Promise.all(consumers.map((consumer) => consumer.finish()));
      await trial.quiet();
    },
  );
});
