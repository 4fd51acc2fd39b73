import { defaultLeaseMs, onTopic } from '../processes/workload.js';
import { Standalone } from '../servers/standalone.js';
import type { Fault, FaultContext } from './fault.js';
import { between } from './random.js';

const shared = {
  proof: 'another process answers on its port',
  everyMs: [300, 1000],
} as const;

export const restartRedis: Fault = {
  ...shared,
  name: 'restart-redis',
  does: 'SIGKILL of Redis with `appendfsync always`, and a restart',
  costs: 'nothing, when leases are longer than Redis is away',
  mayRepeat: false,
  workload: { leaseMs: 15_000 },
  target: 'server',
  server: () => Standalone.start({ persistence: 'aof-always' }),

  async inject({ system: { log, server } }) {
    await log.during('Redis SIGKILL', undefined, () => server.crash());
    return 1;
  },
};

/** How much of the log a loss of power deletes, in ms. */
const losesMs = 1000;

/** Redis writes to the disk every second, and may be late by another second. */
const everysec = { forgetsMs: 2000, leaseMs: defaultLeaseMs };

export const restartRedisEverysec: Fault = {
  ...shared,
  name: 'restart-redis-everysec',
  does: 'the same with `appendfsync everysec`: the process dies, the operating system goes on',
  costs: 'at most the writes that were answered in the last two seconds; the table says how many',
  mayRepeat: true,
  server: () => Standalone.start({ persistence: 'aof' }),

  async inject({ system: { log, server } }: FaultContext) {
    await log.during('Redis SIGKILL', undefined, () => server.crash(), everysec);
    return 1;
  },
};

const powerLossShared = {
  ...shared,
  proof: 'another process answers on its port, and has the older data',
  costs: 'sends and acknowledgements that were answered in that second',
  mayRepeat: true,
  server: () => Standalone.start({ persistence: 'aof' }),

  async inject({ system: { log, server, connection }, random }: FaultContext) {
    // The part of the log that remains.
    await server.log.hasGrownFor(losesMs + between(random, [300, 1000]));
    const crash = () => server.crash({ losesMs });
    await log.during('power loss', undefined, crash, everysec);
    return Number(await connection.call('DBSIZE', [])) > 0 ? 1 : 0;
  },
} as const;

export const powerLoss: Fault = {
  ...powerLossShared,
  name: 'power-loss-everysec',
  does: 'the same, and what was appended to the log in its last second never reached the disk',
};

export const powerLossTopic: Fault = {
  ...powerLossShared,
  name: 'power-loss-topic',
  does: 'the same with a topic and a consumer group',
  workload: onTopic,
};
