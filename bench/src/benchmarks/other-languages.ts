import type { Benchmark, Measure } from '../benchmark.js';
import { deliveryMs, exact, rate } from '../exact.js';
import { spent } from '../spent.js';
import { warmUp, warmUpShare } from './warm-up.js';

/** What queues of other languages do on the same Redis. It is context: no goal hangs on it. */
export const otherLanguages: readonly Benchmark[] = [
  work({ concurrency: 100, longestMs: 0, most: 500_000 }),
  work({ concurrency: 10, longestMs: 0, most: 500_000 }),
  work({ concurrency: 100, longestMs: 3, most: 300_000 }),
  work({ concurrency: 10, longestMs: 3, most: 100_000 }),
];

function work(options: { concurrency: number; longestMs: number; most: number }): Benchmark {
  const { concurrency, longestMs, most } = options;
  const name = `other-languages-${concurrency}${longestMs ? `-${longestMs}-ms` : ''}`;
  const handlers = longestMs ? `handlers of 0 to ${longestMs} ms` : 'empty handlers';
  const title = `other languages, as context: ${concurrency} ${handlers}`;
  const processor = (side: 'client' | 'server'): Measure => ({
    name: `${name}-${side}`,
    title: `${title}, processor time of the ${side} per message`,
    how: `Of its whole process, from when ${warmUpShare * 100} % of the messages are handled until the last one is.`,
    unit: 'µs',
    better: 'lower',
    goals: [],
  });
  return {
    name,
    kind: 'queue',
    subjects: ['redpost', 'sidekiq', 'celery'],
    withAof: false,
    measures: [
      {
        name,
        title,
        how: 'The worker of each language handles messages of the same body in one process, which tells the number of each. Timers of Node take whole milliseconds, 1 at least; those of the others any time.',
        unit: 'messages/s',
        better: 'higher',
        goals: [],
      },
      processor('client'),
      processor('server'),
    ],
    messages: { most },

    async run(run) {
      const { consumer, redis, messages: count } = run;
      const warm = await warmUp(run, { concurrency, handlerMs: longestMs });
      // Not until it has stopped: then a process of its own can no longer be asked.
      const { clientUs, serverUs } = await spent(redis, consumer, () => consumer.ask('come'));
      const ms = deliveryMs(exact(await consumer.ask('delivered'), count));
      return {
        figures: {
          [name]: rate(count - 1, ms),
          [`${name}-client`]: clientUs / (count - warm),
          [`${name}-server`]: serverUs / (count - warm),
        },
        ms,
      };
    },
  };
}
