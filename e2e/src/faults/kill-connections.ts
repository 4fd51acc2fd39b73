import { cutSockets } from '../network/sockets.js';
import { Standalone } from '../servers/standalone.js';
import type { Fault } from './fault.js';
import { oneOf } from './random.js';

export const killConnections: Fault = {
  name: 'kill-connections',
  does: 'CLIENT KILL of all sockets for commands, for blocking reads or for Pub/Sub, every 100 ms',
  proof: 'the sockets that Redis says it has closed',
  costs: 'sends that were under way are rejected as unknown',
  mayRepeat: false,
  everyMs: [100, 100],
  workload: { leaseMs: 15_000 },
  target: 'server',
  server: () => Standalone.start(),

  async inject({ system: { log, connection }, random }) {
    const purpose = oneOf(random, ['commands', 'blocking', 'subscriptions'] as const);
    return log.during('CLIENT KILL', undefined, () => cutSockets(connection, purpose));
  },
};
