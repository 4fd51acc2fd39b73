import { describe, expect, it } from 'vitest';
import { slowness } from '../../tooling/machine-pace.js';
import { sharedNow } from '../src/clock.js';
import { eventually } from '../src/eventually.js';
import { SystemUnderTest } from '../src/processes/system-under-test.js';

describe('a consumer process that is killed with SIGKILL', () => {
  it('in mid-message is recovered by another one within its lease and a sweep', async () => {
    await using system = await SystemUnderTest.start();
    const { log } = system;
    const leaseMs = 1000;
    const consume = { concurrency: 10, leaseMs };
    const victim = system.consumer({ consume, handleMs: 60_000 });
    const producer = system.producer({ count: 30 });
    await eventually(() => log.count('started', victim.name) === 10);
    const successor = system.consumer({ consume });
    await eventually(() => log.count('handled', successor.name) === 20);

    const killedAt = sharedNow();
    await system.kill(victim);
    await producer.exited;
    await system.quiet();
    await successor.finish();

    const [recovery] = log.all('recovered');
    const tookMs = Number(recovery?.at) - killedAt;
    expect(recovery).toMatchObject({ process: successor.name, returned: 10, deadLettered: 0 });
    // The last beat was at most a third of the lease before the kill; a sweep comes as often.
    expect(tookMs).toBeGreaterThan((leaseMs * 2) / 3 - 50 * slowness());
    expect(tookMs).toBeLessThan((leaseMs * 4) / 3 + 1000 * slowness());
    expect(log.all('started', successor.name).filter(({ attempt }) => attempt === 2)).toHaveLength(
      10,
    );
    expect(await system.summary()).toMatchObject({
      resolved: 30,
      lost: [],
      unsent: [],
      afterAck: [],
      unexplained: [],
      duplicates: 10,
    });
    expect(await system.queue.stats()).toMatchObject({ dead: 0, total: { acked: 30 } });
  });
});
