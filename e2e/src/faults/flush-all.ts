import { defaultLeaseMs, onTopic } from '../processes/workforce.js';
import { Standalone } from '../servers/standalone.js';
import type { Fault, Scene } from './fault.js';

async function strike({ trial: { ledger, connection } }: Scene): Promise<number> {
  const keys = Number(await connection.call('DBSIZE', []));
  const flush = () => connection.call('FLUSHALL', []);
  const forgets = { forgetsMs: Infinity, leaseMs: defaultLeaseMs };
  await ledger.during('FLUSHALL', undefined, flush, forgets);
  return keys > 0 ? 1 : 0;
}

const shared = {
  proof: 'Redis had keys before',
  costs: 'what Redis was made to forget; everything sent afterwards is handled',
  mayRepeat: true,
  everyMs: [300, 1000],
  server: () => Standalone.start(),
  strike,
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
  load: onTopic,

  check: ({ trial: { ledger } }) =>
    ledger.count('recreated') > 0 ? [] : ['no member reported that its group was made anew'],
};
