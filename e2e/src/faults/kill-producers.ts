import { eventually } from '../eventually.js';
import { Standalone } from '../servers/standalone.js';
import type { Fault } from './fault.js';
import { oneOf } from './random.js';

export const killProducers: Fault = {
  name: 'kill-producers',
  does: 'SIGKILL of a producer in the middle of a batch of 1000; it is replaced',
  proof: 'the process ended by SIGKILL, and sends that it had begun were never answered',
  costs: 'sends that had not been answered yet',
  mayRepeat: false,
  everyMs: [200, 1000],
  workload: {
    leaseMs: 15_000,
    consumer: { settle: 'return', consume: { concurrency: 100 } },
    producer: { batch: true, burst: 1000, everyMs: 500, handleMs: 0 },
  },
  target: 'processes',
  server: () => Standalone.start(),

  async inject({ system, workload, random }) {
    const { log } = system;
    const victim = oneOf(random, workload.producers.members);
    const before = log.count('sending', victim.name);
    await eventually(() => log.count('sending', victim.name) > before, {
      describe: () => `${victim.name} has begun another batch`,
    });
    await system.kill(victim);
    return 1;
  },

  check: (_, { unanswered }) =>
    unanswered > 0 ? [] : ['no producer was killed while it was sending'],
};
