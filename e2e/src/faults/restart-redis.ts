import type { Fault } from '../fault.js';
import { Standalone } from '../servers/standalone.js';

export const restartRedis: Fault = {
  name: 'restart-redis',
  does: 'SIGKILL of Redis with `appendfsync always`, and a restart',
  proof: 'another process answers on its port',
  costs: 'nothing, when leases are longer than Redis is away',
  mayRepeat: false,
  everyMs: [300, 1000],
  load: { leaseMs: 15_000 },
  target: 'server',
  server: () => Standalone.start({ persistence: 'aof-always' }),

  async strike({ trial: { ledger, server } }) {
    await ledger.during('Redis SIGKILL', undefined, () => server.crash());
    return 1;
  },
};
