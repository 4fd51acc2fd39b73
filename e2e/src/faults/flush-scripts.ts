import { Standalone } from '../servers/standalone.js';
import type { Fault } from './fault.js';

export const flushScripts: Fault = {
  name: 'flush-scripts',
  does: 'SCRIPT FLUSH every 100 ms',
  proof: 'Redis knew scripts before',
  costs: 'nothing',
  mayRepeat: false,
  everyMs: [100, 100],
  workload: { leaseMs: 15_000 },
  target: 'server',
  server: () => Standalone.start(),

  async inject({ system: { log, connection } }) {
    const memory = String(await connection.call('INFO', ['memory']));
    const known = /^number_of_cached_scripts:(\d+)/m.exec(memory)?.[1];
    await log.during('SCRIPT FLUSH', undefined, () => connection.call('SCRIPT', ['FLUSH']));
    return Number(known) > 0 ? 1 : 0;
  },
};
