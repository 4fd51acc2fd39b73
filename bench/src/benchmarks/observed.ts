import type { Benchmark, Goal } from '../benchmark.js';
import { smallBytes } from '../body.js';
import { throughput } from './throughput.js';

/** What it costs to be observed: the same as `send` and `consume`, with an observer and without. */
function observed(name: string, by: string, goals: readonly Goal[]): Benchmark {
  const benchmark = throughput({
    name,
    subjects: [`redpost-${name}`, 'redpost'],
    bytes: smallBytes,
    batch: 1,
    concurrency: 100,
    most: 1_000_000,
    send: {
      name: `send-${name}`,
      title: `send with ${by}, 100 concurrent callers`,
      how: '100 loops, each awaiting one send of a 99-byte body before the next, outside of all spans. The second redpost is not observed.',
      unit: 'messages/s',
      better: 'higher',
      goals,
    },
    consume: {
      name: `consume-${name}`,
      title: `consume with ${by}, concurrency 100`,
      how: 'A no-op async handler empties the queue that was just filled. The second redpost is not observed.',
      unit: 'messages/s',
      better: 'higher',
      goals,
    },
  });
  // What differs by a third shows only over several seconds: in runs of one second, the ratio of medians was 0.46 to 0.73.
  return { ...benchmark, messages: 1_000_000, quickMessages: 100_000 };
}

/** Traces of which one in a hundred is sampled, and metrics. */
export const otel = observed('otel', 'OpenTelemetry at 1 % sampling', [
  { atLeast: 0.6, peer: 'redpost' },
]);

export const prometheus = observed('prometheus', 'Prometheus', [{ atLeast: 0.9, peer: 'redpost' }]);
