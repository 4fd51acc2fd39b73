import { describe, expect, it } from 'vitest';
import { eventually } from '../src/eventually.js';
import { SystemUnderTest } from '../src/processes/system-under-test.js';

describe('a consumer process that stops at SIGTERM', () => {
  it('finishes its messages in work, leaves the rest to others and holds nothing', async () => {
    await using system = await SystemUnderTest.start();
    const { log } = system;
    const consume = { concurrency: 10 };
    const leaver = system.consumer({ consume });
    const producer = system.producer({ count: 300, handleMs: 50 });
    await producer.exited;
    await system.progress(20);

    await leaver.finish();

    const handled = log.count('handled', leaver.name);
    expect(log.count('started', leaver.name)).toBe(handled);
    expect(await system.queue.stats()).toMatchObject({
      pending: 300 - handled,
      active: 0,
      consumers: 0,
      total: { acked: handled },
    });

    const successor = system.consumer({ consume, handleMs: 1 });
    await system.quiet();
    await successor.finish();
    await system.quiet();
    const { resolved, lost, duplicates } = await system.summary();
    expect({ resolved, lost, duplicates }).toEqual({ resolved: 300, lost: [], duplicates: 0 });
    expect(log.count('recovered')).toBe(0);
  });

  it('returns messages that it has not finished by its deadline', async () => {
    await using system = await SystemUnderTest.start();
    const { log } = system;
    const consume = { concurrency: 10 };
    const leaver = system.consumer({ consume, handleMs: 1500, stopTimeoutMs: 100 });
    const producer = system.producer({ count: 30 });
    await producer.exited;
    await eventually(() => log.count('started') === 10);

    const stopping = leaver.finish();
    await eventually(async () => (await system.queue.stats()).pending === 30);
    expect(await system.queue.stats()).toMatchObject({ active: 0, total: { retried: 0 } });
    const successor = system.consumer({ consume, handleMs: 1 });
    await system.quiet();
    await successor.finish();
    await stopping;
    await system.quiet();

    expect(await system.summary()).toMatchObject({ resolved: 30, lost: [], duplicates: 10 });
    expect(await system.queue.stats()).toMatchObject({ dead: 0, total: { acked: 30 } });
  });
});
