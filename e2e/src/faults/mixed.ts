import { setTimeout as pause } from 'node:timers/promises';
import { Standalone } from '../servers/standalone.js';
import type { Fault } from './fault.js';
import { between, fork, oneOf } from './random.js';

/** Of each target one fault strikes at a time, so up to three at once. */
export function mixed(faults: readonly Fault[]): Fault {
  const targets = ['server', 'processes', 'network'] as const;
  const mixable = targets.map((target) => faults.filter((fault) => fault.target === target));

  return {
    name: 'mixed',
    does: `one fault after the other against Redis, against the processes and against the network at the same time: ${mixable
      .flat()
      .map(({ name }) => name)
      .join(', ')}`,
    proof: 'that of each',
    costs: 'what they cost together',
    mayRepeat: true,
    everyMs: [0, 200],
    load: { consumers: 3, connection: { callTimeoutMs: 1000, keepAliveMs: 1000 } },
    server: () => Standalone.start({ persistence: 'aof-always', proxied: true }),

    async strike(scene) {
      const strikes = mixable.map(async (choice) => {
        const random = fork(scene.random);
        const fault = oneOf(random, choice);
        await pause(between(random, [0, 500]));
        return (await fault.strike({ ...scene, random })) > 0 ? 1 : 0;
      });
      const happened: number[] = await Promise.all(strikes);
      return happened.reduce((sum, count) => sum + count, 0);
    },
  };
}
