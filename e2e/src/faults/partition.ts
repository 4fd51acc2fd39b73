import { setTimeout as pause } from 'node:timers/promises';
import { Standalone } from '../servers/standalone.js';
import type { Fault } from './fault.js';
import { between } from './random.js';

const leaseMs = 1000;

export const partition: Fault = {
  name: 'partition',
  does: 'the network carries nothing for 0.2 to 2.5 leases, on all connections or on about half of them; then all data that was sent arrives',
  proof: 'bytes that the proxy held back',
  costs: 'sends reject by their deadline; leases that run out meanwhile cost duplicates',
  mayRepeat: true,
  everyMs: [200, 1000],
  workload: { leaseMs },
  target: 'network',
  server: () => Standalone.start({ proxied: true }),

  async inject({ system: { log, server }, random }) {
    const { proxy } = server;
    const lasts = pause(between(random, [0.2 * leaseMs, 2.5 * leaseMs]));
    let held = 0;
    const links = random() < 0.5 ? undefined : proxy.links.filter(() => random() < 0.5);
    await log.during('partition', undefined, async () => {
      proxy.impose((chunk, way) => {
        held += 1;
        return lasts.then(() => way.write(chunk));
      }, links);
      await lasts;
      proxy.relieve();
    });
    return held > 0 ? 1 : 0;
  },
};
