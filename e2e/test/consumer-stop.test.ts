import { describe, expect, it } from 'vitest';
import { eventually } from '../src/eventually.js';
import { Trial } from '../src/faults/trial.js';

describe('a consumer process that stops at SIGTERM', () => {
  it('finishes what it works at, leaves the rest to others and holds nothing', async () => {
    await using trial = await Trial.start();
    const { ledger } = trial;
    const consume = { concurrency: 10 };
    const leaver = trial.consumer({ consume });
    const producer = trial.producer({ count: 300, handleMs: 50 });
    await producer.exited;
    await trial.progress(20);

    await leaver.finish();

    const handled = ledger.count('handled', leaver.name);
    expect(ledger.count('started', leaver.name)).toBe(handled);
    expect(await trial.queue.stats()).toMatchObject({
      pending: 300 - handled,
      active: 0,
      consumers: 0,
      total: { acked: handled },
    });

    const heir = trial.consumer({ consume, handleMs: 1 });
    await trial.quiet();
    await heir.finish();
    await trial.quiet();
    const { resolved, lost, duplicates } = await trial.account();
    expect({ resolved, lost, duplicates }).toEqual({ resolved: 300, lost: [], duplicates: 0 });
    expect(ledger.count('recovered')).toBe(0);
  });

  it('gives back what it has not finished at its deadline', async () => {
    await using trial = await Trial.start();
    const { ledger } = trial;
    const consume = { concurrency: 10 };
    const leaver = trial.consumer({ consume, handleMs: 1500, stopTimeoutMs: 100 });
    const producer = trial.producer({ count: 30 });
    await producer.exited;
    await eventually(() => ledger.count('started') === 10);

    const stopping = leaver.finish();
    await eventually(async () => (await trial.queue.stats()).pending === 30);
    expect(await trial.queue.stats()).toMatchObject({ active: 0, total: { retried: 0 } });
    const heir = trial.consumer({ consume, handleMs: 1 });
    await trial.quiet();
    await heir.finish();
    await stopping;
    await trial.quiet();

    expect(await trial.account()).toMatchObject({ resolved: 30, lost: [], duplicates: 10 });
    expect(await trial.queue.stats()).toMatchObject({ dead: 0, total: { acked: 30 } });
  });
});
