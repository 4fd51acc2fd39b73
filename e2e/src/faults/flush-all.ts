import { defaultLeaseMs, onTopic } from '../processes/workload.js';
import { Standalone } from '../servers/standalone.js';
import type { Fault, FaultContext } from './fault.js';

async function inject({ system: { log, connection } }: FaultContext): Promise<number> {
  const keys = Number(await connection.call('DBSIZE', []));
  const flush = () => connection.call('FLUSHALL', []);
  const forgets = { forgetsMs: Infinity, leaseMs: defaultLeaseMs };
  await log.during('FLUSHALL', undefined, flush, forgets);
  return keys > 0 ? 1 : 0;
}

const shared = {
  proof: 'Redis had keys before',
  costs: 'the data that was deleted; everything sent afterwards is handled',
  mayRepeat: true,
  everyMs: [300, 1000],
  server: () => Standalone.start(),
  inject,
} as const;

export const flushAll: Fault = {
  ...shared,
  name: 'flush-all',
  does: 'FLUSHALL every 300 to 1000 ms, with leases, receipts and counters',
};

export const flushAllTopic: Fault = {
  ...shared,
  name: 'flush-all-topic',
  does: 'the same with a topic and a consumer group',
  workload: onTopic,

  check: ({ system: { log } }) =>
    log.count('recreated') > 0 ? [] : ['no member reported that its group was created again'],
};
