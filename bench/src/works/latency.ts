import { firstNumber, smallBytes } from '../body.js';
import { exact } from '../exact.js';
import type { Work } from '../work.js';

export const latency: Work = {
  name: 'latency',
  kind: 'queue',
  subjects: ['redpost', 'bullmq', 'bee-queue', 'groupmq', 'ioredis-safe', 'jetstream'],
  withAof: true,
  measures: [
    {
      name: 'latency-p50',
      title: 'send to handler, idle queue, p50',
      how: 'One message every 10 to 20 ms, from just before `send` in one process to the handler in another.',
      unit: 'ms',
      better: 'lower',
      goals: [{ atMost: 0.4, peer: 'bullmq' }],
    },
    {
      name: 'latency-p99',
      title: 'send to handler, idle queue, p99',
      how: 'Of the same messages.',
      unit: 'ms',
      better: 'lower',
      goals: [{ atMost: 1, peer: 'bullmq' }],
    },
  ],
  messages: 300,
  quickMessages: 100,

  async run({ producer, consumer, messages: count }) {
    const numbers = { first: firstNumber, count };
    await consumer.ask('consume', { ...numbers, concurrency: 1 });
    await producer.ask('trickle', { ...numbers, bytes: smallBytes });
    exact(await consumer.ask('delivered'), count);

    const latencies = await consumer.ask('latencies');
    return {
      figures: {
        'latency-p50': quantile(latencies, 0.5),
        'latency-p99': quantile(latencies, 0.99),
      },
      ms: 0,
    };
  },
};

function quantile(sorted: readonly number[], q: number): number {
  return sorted[Math.ceil(sorted.length * q) - 1] ?? Number.NaN;
}
