import { defaultLeaseMs } from '../processes/workload.js';
import { Clustered } from '../servers/clustered.js';
import type { Fault } from './fault.js';

export const clusterFailover: Fault<Clustered> = {
  name: 'cluster-failover',
  does: 'SIGKILL of the master that has the queue, under load; its replica takes over',
  proof: 'the Cluster says that another node has the slot',
  costs: 'writes that the master had answered and not yet sent to its replica are lost',
  mayRepeat: true,
  everyMs: [500, 2000],
  server: () => Clustered.start(),

  async inject({ system: { log, server, queue } }) {
    await server.isSafe();
    const kill = () => server.killMasterOf(queue.name);
    const forgets = { forgetsMs: 1000, leaseMs: defaultLeaseMs };
    const killed = await log.during('failover', undefined, kill, forgets);
    await killed.restore();
    return 1;
  },
};

export const clusterPlannedFailover: Fault<Clustered> = {
  name: 'cluster-planned-failover',
  does: 'CLUSTER FAILOVER of the master that has the queue, under load; the old master lives on',
  proof: 'the Cluster says that its replica has the slot',
  costs: 'nothing but time: the master passes on all it has before it hands over',
  mayRepeat: true,
  everyMs: [200, 1000],
  server: () => Clustered.start(),

  async inject({ system: { log, server, queue } }) {
    await server.isSafe();
    await log.during('failover', undefined, () => server.switchMasterOf(queue.name));
    return 1;
  },
};

export const migrateSlot: Fault<Clustered> = {
  name: 'migrate-slot',
  does: 'the slot of the queue moves to another master under load, key by key; on Valkey 9 also in one piece',
  proof: 'the keys that were moved',
  costs: 'nothing but time',
  mayRepeat: false,
  everyMs: [200, 1000],
  workload: { leaseMs: 15_000 },
  server: () => Clustered.start(),

  async inject({ system: { log, server, queue }, random }) {
    const migrate = () => server.migrateSlotOf(queue.name, random);
    return (await log.during('migration', undefined, migrate)) > 0 ? 1 : 0;
  },
};
