import type { Benchmark, Measure } from '../benchmark.js';
import { firstNumber, smallBytes } from '../body.js';
import { exact } from '../exact.js';

/** How often a message is sent. After a longer pause, the processor has to fetch all code again. */
const paces = [
  { name: 'latency', title: 'idle queue', pauseMs: 10, every: '10 to 20 ms', p99: 'bullmq' },
  {
    name: 'latency-often',
    title: 'idle queue, more often',
    pauseMs: 1,
    every: '1 to 2 ms',
    p99: 'bee-queue',
  },
];

export const latency: Benchmark = {
  name: 'latency',
  kind: 'queue',
  subjects: ['redpost', 'bullmq', 'bee-queue', 'groupmq', 'ioredis-safe', 'jetstream'],
  withAof: true,
  measures: paces.flatMap(({ name, title, every, p99 }): Measure[] => [
    {
      name: `${name}-p50`,
      title: `send to handler, ${title}, p50`,
      how: `One message every ${every}, from just before \`send\` in one process to the handler in another.`,
      unit: 'ms',
      better: 'lower',
      goals: [{ atMost: 0.4, peer: 'bullmq' }],
    },
    {
      name: `${name}-p99`,
      title: `send to handler, ${title}, p99`,
      how: 'Of the same messages.',
      unit: 'ms',
      better: 'lower',
      goals: [{ atMost: 1, peer: p99 }],
    },
  ]),
  messages: 300,
  quickMessages: 100,

  async run({ producer, consumer, messages: count }) {
    const figures: Record<string, number> = {};
    for (const [turn, { name, pauseMs }] of paces.entries()) {
      const numbers = { first: firstNumber + turn * count, count };
      await consumer.ask('consume', { ...numbers, concurrency: 1 });
      await producer.ask('trickle', { ...numbers, bytes: smallBytes, pauseMs });
      exact(await consumer.ask('delivered'), count);

      const latencies = await consumer.ask('latencies');
      figures[`${name}-p50`] = quantile(latencies, 0.5);
      figures[`${name}-p99`] = quantile(latencies, 0.99);
    }
    return { figures, ms: 0 };
  },
};

function quantile(sorted: readonly number[], q: number): number {
  return sorted[Math.ceil(sorted.length * q) - 1] ?? Number.NaN;
}
