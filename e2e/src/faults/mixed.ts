import { setTimeout as pause } from 'node:timers/promises';
import { Standalone } from '../servers/standalone.js';
import type { Fault } from './fault.js';
import { between, fork, oneOf } from './random.js';

/** One fault per target is injected at a time, so up to three at once. */
export function mixed(faults: readonly Fault[]): Fault {
  const targets = ['server', 'processes', 'network'] as const;
  const mixable = targets.map((target) => faults.filter((fault) => fault.target === target));

  return {
    name: 'mixed',
    does: `one fault after the other against Redis, against the processes and against the network at the same time: ${mixable
      .flat()
      .map(({ name }) => name)
      .join(', ')}`,
    proof: 'the proof of each of these faults',
    costs: 'the costs of these faults together',
    mayRepeat: true,
    everyMs: [0, 200],
    workload: { consumers: 3, connection: { callTimeoutMs: 1000, keepAliveMs: 1000 } },
    server: () => Standalone.start({ persistence: 'aof-always', proxied: true }),

    async inject(context) {
      const injections = mixable.map(async (choice) => {
        const random = fork(context.random);
        const fault = oneOf(random, choice);
        await pause(between(random, [0, 500]));
        return (await fault.inject({ ...context, random })) > 0 ? 1 : 0;
      });
      const happened: number[] = await Promise.all(injections);
      return happened.reduce((sum, count) => sum + count, 0);
    },
  };
}
