import { defaultLeaseMs } from '../processes/workforce.js';
import { Replicated } from '../servers/replicated.js';
import type { Fault, Scene } from './fault.js';

/** What had not reached the replica when the master died, in ms: on one machine far less. */
const forgetsMs = 1000;

const strike =
  ({ keepsSends }: { keepsSends: boolean }) =>
  async ({ trial: { ledger, server } }: Scene<Replicated>): Promise<number> => {
    await server.isSafe();
    const forgets = { forgetsMs, leaseMs: defaultLeaseMs, keepsSends };
    await ledger.during('failover', undefined, () => server.killMaster(), forgets);
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
  costs: 'what the master had answered and not yet sent to its replica is forgotten',
  strike: strike({ keepsSends: false }),
};

export const sentinelFailoverReplicas: Fault<Replicated> = {
  ...shared,
  name: 'sentinel-failover-replicas',
  does: 'the same, with `replicas: 1` for every send',
  costs:
    'sends are rejected while there is no replica; acknowledgements may be forgotten, sends not',
  load: { replicas: 1 },
  strike: strike({ keepsSends: true }),
};

/** How much is on its way to the replica when the Sentinel announces that it will be promoted, in ms. */
const onItsWayMs = 200;

const switchOver =
  ({ keepsSends }: { keepsSends: boolean }) =>
  async ({ trial: { ledger, server } }: Scene<Replicated>): Promise<number> => {
    await server.isSafe();
    const forgets = { forgetsMs: onItsWayMs, leaseMs: defaultLeaseMs, keepsSends };
    await ledger.during('promotion', undefined, () => server.promoteReplica(), forgets);
    // The former master goes on confirming: nothing of that counts, and nobody may ask it any more.
    await ledger.during('demotion', undefined, () => server.isDemoted());
    return 1;
  };

const planned = { ...shared, everyMs: [100, 500] } as const;

export const sentinelPlannedFailover: Fault<Replicated> = {
  ...planned,
  name: 'sentinel-planned-failover',
  does: 'a Sentinel is told to make the replica the master under load; the old master lives on',
  costs:
    'what the master had answered and not yet sent to its replica when the promotion is announced',
  strike: switchOver({ keepsSends: false }),
};

export const sentinelPlannedFailoverReplicas: Fault<Replicated> = {
  ...planned,
  name: 'sentinel-planned-failover-replicas',
  does: 'the same, with `replicas: 1` for every send',
  costs:
    'sends are rejected while there is no replica; acknowledgements may be forgotten, sends not',
  load: { replicas: 1 },
  strike: switchOver({ keepsSends: true }),
};
