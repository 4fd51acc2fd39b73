import { keepBusy, soonBusy } from '../../../tooling/while-busy.js';
import { Standalone } from '../servers/standalone.js';
import type { Fault } from './fault.js';

/** It is no incident: it explains no repetition, and no wrong order but that of calls which are on the wire when a refusal ends. */
export const busyRedis: Fault = {
  name: 'busy-redis',
  does: 'a slow script keeps Redis busy for 50 to 300 ms, repeatedly, while producers send without awaiting',
  proof: 'Redis has answered BUSY',
  costs: 'nothing but time',
  mayRepeat: false,
  everyMs: [100, 500],
  workload: { leaseMs: 15_000 },
  server: () => Standalone.start({ args: soonBusy }),

  async inject({ system: { connection, log }, random }) {
    const refusals = async () => {
      const stats = String(await connection.call('INFO', ['errorstats']));
      return Number(/^errorstat_BUSY:count=(\d+)/m.exec(stats)?.[1] ?? 0);
    };
    const before = await refusals();
    await log.refusing(() => keepBusy(connection, Math.round(50 + random() * 250)));
    return (await refusals()) > before ? 1 : 0;
  },
};
