import { setTimeout as pause } from 'node:timers/promises';
import { unhindered } from '../network/tcp-proxy.js';
import { Standalone } from '../servers/standalone.js';
import type { Fault } from './fault.js';
import { between, oneOf } from './random.js';

export const cutReplies: Fault = {
  name: 'cut-replies',
  does: 'a connection breaks in the middle of a reply, every 50 to 200 ms',
  proof: 'replies that the proxy forwarded only in part',
  costs: 'sends that were under way are rejected as unknown',
  mayRepeat: false,
  everyMs: [50, 200],
  workload: { leaseMs: 15_000 },
  target: 'network',
  server: () => Standalone.start({ proxied: true }),

  async inject({ system: { log, server, connection }, random }) {
    const link = oneOf(random, server.proxy.links);
    const part = between(random, [0, 1]);
    let isCut = false;
    let whenCut = () => {};
    const cut = new Promise<void>((resolve) => {
      whenCut = resolve;
    });
    await log.during('cut in mid-reply', undefined, async () => {
      link.passage = (chunk, way) => {
        if (way.from === 'client' || chunk.length < 2) return way.write(chunk);
        way.write(chunk.subarray(0, Math.ceil(part * (chunk.length - 1))));
        way.cut();
        isCut = true;
        whenCut();
      };
      await Promise.race([cut, pause(200)]);
      link.passage = unhindered;
      // Until the server has noticed, it gives messages that are sent to the blocking read of a consumer that is gone.
      if (isCut) await connection.call('CLIENT', ['KILL', 'ADDR', link.address]);
    });
    return isCut ? 1 : 0;
  },
};
