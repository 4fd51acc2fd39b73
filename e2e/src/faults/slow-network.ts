import { setTimeout as pause } from 'node:timers/promises';
import { Standalone } from '../servers/standalone.js';
import type { Fault } from './fault.js';
import { between, fork } from './random.js';

export const slowNetwork: Fault = {
  name: 'slow-network',
  does: 'every packet takes 0 to 100 ms more, each a different time',
  proof: 'packets that the proxy delayed',
  costs: 'nothing but time',
  mayRepeat: false,
  everyMs: [0, 500],
  workload: { leaseMs: 15_000 },
  target: 'network',
  server: () => Standalone.start({ proxied: true }),

  async inject({ system: { log, server }, random }) {
    const jitter = fork(random);
    let delayed = 0;
    await log.during('slow network', undefined, async () => {
      server.proxy.impose(async (chunk, way) => {
        delayed += 1;
        await pause(between(jitter, [0, 100]));
        way.write(chunk);
      });
      await pause(between(random, [500, 1500]));
      server.proxy.relieve();
    });
    return delayed;
  },
};
