import { eventually } from '../eventually.js';
import { Standalone } from '../servers/standalone.js';
import type { Fault } from './fault.js';

export const blackHole: Fault = {
  name: 'black-hole',
  does: 'about half of the connections silently stop carrying data, for good; new connections work',
  proof: 'the clients gave up those connections by themselves',
  costs: 'sends reject by their deadline; leases that run out meanwhile cost duplicates',
  mayRepeat: true,
  everyMs: [200, 1000],
  workload: { connection: { callTimeoutMs: 1000, keepAliveMs: 1000 } },
  target: 'network',
  server: () => Standalone.start({ proxied: true }),

  async inject({ system: { log, server }, random }) {
    const links = server.proxy.links.filter(() => random() < 0.5);
    await log.during('black hole', undefined, async () => {
      for (const link of links) link.sever();
      await eventually(() => links.every(({ isOpen }) => !isOpen), {
        withinMs: 40_000,
        describe: () => 'the clients have given up the connections that went silent',
      });
    });
    return links.length;
  },
};
