import { defaultLeaseMs } from '../processes/workload.js';
import { Replicated } from '../servers/replicated.js';
import type { Fault, FaultContext } from './fault.js';

/** The writes that had not reached the replica when the master died, in ms: on one machine far less. */
const forgetsMs = 1000;

const inject =
  ({ keepsSends }: { keepsSends: boolean }) =>
  async ({ system: { log, server } }: FaultContext<Replicated>): Promise<number> => {
    await server.isSafe();
    const forgets = { forgetsMs, leaseMs: defaultLeaseMs, keepsSends };
    await log.during('failover', undefined, () => server.killMaster(), forgets);
    await server.restore();
    return 1;
  };

const shared = {
  proof: 'the replica says that it is the master',
  mayRepeat: true,
  everyMs: [500, 2000],
  server: () => Replicated.start(),
} as const;

export const sentinelFailover: Fault<Replicated> = {
  ...shared,
  name: 'sentinel-failover',
  does: 'SIGKILL of the master under load; a Sentinel makes its replica the master',
  costs: 'writes that the master had answered and not yet sent to its replica are lost',
  inject: inject({ keepsSends: false }),
};

export const sentinelFailoverReplicas: Fault<Replicated> = {
  ...shared,
  name: 'sentinel-failover-replicas',
  does: 'the same, with `replicas: 1` for every send',
  costs:
    'sends are rejected while there is no replica; acknowledgements may be lost, sends are not',
  workload: { replicas: 1 },
  inject: inject({ keepsSends: true }),
};

/** How much is on its way to the replica when the Sentinel announces that it will be promoted, in ms. */
const onItsWayMs = 200;

const switchOver =
  ({ keepsSends }: { keepsSends: boolean }) =>
  async ({ system: { log, server } }: FaultContext<Replicated>): Promise<number> => {
    await server.isSafe();
    const forgets = { forgetsMs: onItsWayMs, leaseMs: defaultLeaseMs, keepsSends };
    await log.during('promotion', undefined, () => server.promoteReplica(), forgets);
    // The former master continues to confirm writes. They are lost, so no client may use it any more.
    await log.during('demotion', undefined, () => server.isDemoted());
    return 1;
  };

const planned = { ...shared, everyMs: [100, 500] } as const;

export const sentinelPlannedFailover: Fault<Replicated> = {
  ...planned,
  name: 'sentinel-planned-failover',
  does: 'a Sentinel is told to make the replica the master under load; the old master lives on',
  costs:
    'writes that the master had answered and not yet sent to its replica when the promotion was announced',
  inject: switchOver({ keepsSends: false }),
};

export const sentinelPlannedFailoverReplicas: Fault<Replicated> = {
  ...planned,
  name: 'sentinel-planned-failover-replicas',
  does: 'the same, with `replicas: 1` for every send',
  costs:
    'sends are rejected while there is no replica; acknowledgements may be lost, sends are not',
  workload: { replicas: 1 },
  inject: switchOver({ keepsSends: true }),
};
