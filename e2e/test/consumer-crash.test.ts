import { describe, expect, it } from 'vitest';
import { slowness } from '../../tooling/machine-pace.js';
import { sharedNow } from '../src/clock.js';
import { eventually } from '../src/eventually.js';
import { Trial } from '../src/faults/trial.js';

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
    expect(tookMs).toBeGreaterThan((leaseMs * 2) / 3 - 50 * slowness());
    expect(tookMs).toBeLessThan((leaseMs * 4) / 3 + 1000 * slowness());
    expect(ledger.all('started', heir.name).filter(({ attempt }) => attempt === 2)).toHaveLength(
      10,
    );
    expect(await trial.account()).toMatchObject({
      resolved: 30,
      lost: [],
      unsent: [],
      afterAck: [],
      unexcused: [],
      duplicates: 10,
    });
    expect(await trial.queue.stats()).toMatchObject({ dead: 0, total: { acked: 30 } });
  });
});
