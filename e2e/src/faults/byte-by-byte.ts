import { setTimeout as pause, setImmediate as turn } from 'node:timers/promises';
import { Standalone } from '../servers/standalone.js';
import type { Fault } from './fault.js';

export const byteByByte: Fault = {
  name: 'byte-by-byte',
  does: 'every byte is forwarded on its own',
  proof: 'bytes that the proxy forwarded one by one',
  costs: 'nothing but time',
  mayRepeat: false,
  everyMs: [0, 200],
  workload: { leaseMs: 15_000, producer: { burst: 1, everyMs: 20 } },
  target: 'network',
  server: () => Standalone.start({ proxied: true }),

  async inject({ system: { log, server } }) {
    let count = 0;
    await log.during('byte by byte', undefined, async () => {
      server.proxy.impose(async (chunk, way) => {
        for (let at = 0; at < chunk.length; at += 1) {
          way.write(chunk.subarray(at, at + 1));
          count += 1;
          await turn();
        }
      });
      await pause(1000);
      server.proxy.relieve();
    });
    return count;
  },
};
