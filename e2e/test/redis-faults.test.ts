import { describe, expect, it } from 'vitest';
import { slowness } from '../../tooling/machine-pace.js';
import { sharedNow } from '../src/clock.js';
import { eventually } from '../src/eventually.js';
import { SystemUnderTest } from '../src/processes/system-under-test.js';

const paced = { burst: 5, everyMs: 5, handleMs: 1, failEvery: 11 };

describe('when Redis', () => {
  it('is frozen for less than the leases, sends reject by their deadline and nothing is repeated', async () => {
    await using system = await SystemUnderTest.start();
    const { log } = system;
    const settings = { consume: { concurrency: 10, leaseMs: 10_000 } };
    const consumers = [system.consumer(settings), system.consumer(settings)];
    const sendTimeoutMs = 300;
    const producer = system.producer({ ...paced, sendTimeoutMs });
    await system.progress(100);

    const frozenAt = sharedNow();
    const isOver = () => eventually(() => sharedNow() - frozenAt > 2000);
    await log.during('Redis SIGSTOP', undefined, () => system.server.freeze(isOver));
    await system.progress(100);
    await producer.finish();
    await system.quiet();
    await Promise.all(consumers.map((consumer) => consumer.finish()));
    await system.quiet();

    const rejected = log.all('sent').filter(({ outcome }) => outcome !== 'resolved');
    expect(rejected.length).toBeGreaterThan(50);
    expect(new Set(rejected.map(({ outcome, code }) => `${code} ${outcome}`))).toEqual(
      new Set(['TIMEOUT unknown']),
    );
    expect(Math.max(...rejected.map(({ tookMs }) => tookMs))).toBeLessThan(
      sendTimeoutMs + 1000 * slowness(),
    );
    expect(await system.summary()).toMatchObject({ lost: [], unsent: [], duplicates: 0 });
    expect((await system.queue.stats()).dead).toBe(0);
  });

  it('is not there, sends reject within their deadline and say that nothing was sent', async () => {
    await using system = await SystemUnderTest.start();
    const { log } = system;
    await system.server.stop();

    const producer = system.producer({ count: 20, sendTimeoutMs: 300 });
    const { code } = await producer.exited;

    const sent = log.all('sent');
    expect(code).toBe(0);
    expect(sent.map(({ code, outcome }) => `${code} ${outcome}`)).toEqual(
      Array(20).fill('CONNECTION not-executed'),
    );
    expect(Math.max(...sent.map(({ tookMs }) => tookMs))).toBeLessThan(300 + 1000 * slowness());
  });

  it.each([
    ['busy', false],
    ['idle', true],
  ])(
    'forgets everything by FLUSHALL, %s consumers continue with the messages that are sent next',
    async (_, idle) => {
      await using system = await SystemUnderTest.start();
      const { log, connection } = system;
      const settings = { consume: { concurrency: 4, leaseMs: 3000 } };
      const consumers = [system.consumer(settings), system.consumer(settings)];
      await eventually(() => log.count('ready') === 2);

      for (let time = 0; time < 2; time += 1) {
        // What is sent before may be gone.
        const before = system.producer({ everyMs: 2 });
        await system.progress(50);
        await before.finish();
        if (idle) await system.quiet();
        await connection.call('FLUSHALL', []);

        // The consumers do not know yet that their leases are gone.
        const after = system.producer({ count: 40, burst: 1, everyMs: 10 });
        await after.exited;
        await system.quiet();

        const only = (key: string) => key.startsWith(`${after.name}-`);
        const { resolved, lost } = await system.summary({ only });
        expect({ resolved, lost }).toEqual({ resolved: 40, lost: [] });
      }
      await Promise.all(consumers.map((consumer) => consumer.finish()));
      await system.quiet();
    },
  );
});
