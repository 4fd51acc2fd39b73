import { eventually } from '../eventually.js';
import { Standalone } from '../servers/standalone.js';
import type { Fault } from './fault.js';

export const outOfMemory: Fault = {
  name: 'out-of-memory',
  does: 'a producer sends until Redis has no memory left (`maxmemory` of 12 MB, `noeviction`)',
  proof: 'sends that were rejected with OUT_OF_MEMORY',
  costs: 'those sends, which are known not to be in Redis; the consumers drain the queue',
  mayRepeat: false,
  everyMs: [100, 500],
  workload: { leaseMs: 15_000 },
  server: () => Standalone.start({ args: ['--maxmemory', '12mb'] }),

  async inject({ system }) {
    // More than consumers can handle meanwhile, even on a busy machine.
    const flood = { count: 2000, burst: 250, everyMs: 1, padding: 10_000, handleMs: 20 };
    const producer = system.producer(flood);
    await producer.done();
    const sent = system.log.all('sent', producer.name);
    const resolved = sent.filter(({ outcome }) => outcome === 'resolved').map(({ key }) => key);
    const areHandled = () => {
      const handled = new Set(system.log.all('handled').map(({ key }) => key));
      return resolved.every((key) => handled.has(key));
    };
    await eventually(areHandled, { describe: () => 'what there was room for is handled' });
    return sent.some(({ code }) => code === 'OUT_OF_MEMORY') ? 1 : 0;
  },

  check({ system: { log } }) {
    const rejected = log.all('sent').filter(({ outcome }) => outcome !== 'resolved');
    const wrong = rejected.filter(
      ({ code, outcome }) => code !== 'OUT_OF_MEMORY' || outcome !== 'not-executed',
    );
    const [first] = wrong;
    return first
      ? [`${wrong.length} sends were rejected with ${first.code}, ${first.outcome}`]
      : [];
  },
};
