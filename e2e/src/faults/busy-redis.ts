import { keepBusy, soonBusy } from '../../../tooling/while-busy.js';
import { Standalone } from '../servers/standalone.js';
import type { Fault } from './fault.js';

/** It is no incident for the ledger: nothing that happens meanwhile is excused by it, least of all a wrong order. */
export const busyRedis: Fault = {
  name: 'busy-redis',
  does: "somebody's script keeps Redis busy for 50 to 300 ms, again and again, while producers send without awaiting",
  proof: 'Redis has answered BUSY',
  costs: 'nothing but time',
  mayRepeat: false,
  everyMs: [100, 500],
  load: { leaseMs: 15_000 },
  server: () => Standalone.start({ args: soonBusy }),

  async strike({ trial: { connection }, random }) {
    const refusals = async () => {
      const stats = String(await connection.call('INFO', ['errorstats']));
      return Number(/^errorstat_BUSY:count=(\d+)/m.exec(stats)?.[1] ?? 0);
    };
    const before = await refusals();
    await keepBusy(connection, Math.round(50 + random() * 250));
    return (await refusals()) > before ? 1 : 0;
  },
};
