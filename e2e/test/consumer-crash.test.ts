import { describe, expect, it } from 'vitest';
import { sharedNow } from '../src/clock.js';
import { eventually } from '../src/eventually.js';
import { Trial } from '../src/trial.js';

describe('a consumer process that is killed with SIGKILL', () => {
  it('in mid-message is recovered by another one within its lease and a sweep', async () => {
    await using trial = await Trial.start();
    const { ledger } = trial;
    const leaseMs = 1000;
    const consume = { concurrency: 10, leaseMs };
    const victim = trial.consumer({ consume, handleMs: 60_000 });
    const producer = trial.producer({ count: 30 });
    await eventually(() => ledger.count('started', victim.name) === 10);
    const heir = trial.consumer({ consume });
    await eventually(() => ledger.count('handled', heir.name) === 20);

    const killedAt = sharedNow();
    await trial.kill(victim);
    await producer.exited;
    await trial.quiet();
    await heir.finish();

    const [recovery] = ledger.all('recovered');
    const tookMs = Number(recovery?.at) - killedAt;
    expect(recovery).toMatchObject({ process: heir.name, putBack: 10, deadLettered: 0 });
    // The last beat was at most a third of the lease before the kill; a sweep comes as often.
    expect(tookMs).toBeGreaterThan((leaseMs * 2) / 3 - 50);
    expect(tookMs).toBeLessThan((leaseMs * 4) / 3 + 1000);
    expect(ledger.all('started', heir.name).filter(({ attempt }) => attempt === 2)).toHaveLength(
      10,
    );
    expect(await trial.account()).toEqual({
      resolved: 30,
      lost: [],
      unsent: [],
      afterAck: [],
      unexcused: [],
      duplicates: 10,
    });
    expect(await trial.queue.stats()).toMatchObject({ dead: 0, total: { acked: 30 } });
  });

  it.each(['return', 'ack'] as const)(
    'again and again loses nothing, and repeats only what was in flight (settled by %s)',
    async (settle) => {
      await using trial = await Trial.start();
      const consume = { concurrency: 20, leaseMs: 500, maxAttempts: 10 };
      const crew = trial.crew(3, { consume, settle });
      const producer = trial.producer({ burst: 20, everyMs: 10, handleMs: 5, failEvery: 50 });

      for (let kill = 0; kill < 6; kill += 1) {
        await trial.progress(200);
        const [victim] = crew.members;
        if (victim) await trial.kill(victim);
      }
      await trial.progress(200);
      await producer.finish();
      await trial.quiet();
      await crew.stop();
      await trial.quiet();

      const result = await trial.account();
      expect(crew.deaths).toBe(6);
      expect(result.resolved).toBeGreaterThan(1000);
      expect(result).toMatchObject({ lost: [], unsent: [], afterAck: [], unexcused: [] });
      expect(await trial.queue.stats()).toMatchObject({
        dead: 0,
        consumers: 0,
        total: { acked: result.resolved },
      });
    },
  );

  it('by one message is spared it after maxAttempts, and no other message suffers', async () => {
    await using trial = await Trial.start();
    const { ledger } = trial;
    const consume = { concurrency: 50, leaseMs: 500, maxAttempts: 3 };
    const producer = trial.producer({ count: 300, handleMs: 5 });
    const poison = `${producer.name}-150`;
    await producer.exited;

    const crew = trial.crew(3, { consume, poison });
    await trial.quiet();
    await crew.stop();
    await trial.quiet();

    const dead = await trial.queue.deadLetters.list();
    expect(dead.map(({ body, reason, attempt }) => [body?.key, reason, attempt])).toEqual([
      [poison, 'crashed', 3],
    ]);
    expect(crew.deaths).toBe(3);
    expect(ledger.all('started').filter(({ key }) => key === poison)).toHaveLength(3);
    for (const { process, at } of ledger.all('started').filter(({ key }) => key === poison)) {
      ledger.faults.push({ kind: 'poison', process, at, until: at });
    }
    expect(await trial.account()).toMatchObject({
      resolved: 300,
      lost: [],
      unsent: [],
      unexcused: [],
    });
    expect(await trial.queue.stats()).toMatchObject({ dead: 1, total: { acked: 299 } });
  });
});
