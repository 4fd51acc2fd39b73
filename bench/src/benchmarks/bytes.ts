import type { Benchmark } from '../benchmark.js';
import { firstNumber, smallBytes } from '../body.js';

export const bytes: Benchmark = {
  name: 'bytes',
  kind: 'queue',
  subjects: ['redpost', 'bullmq', 'bee-queue', 'groupmq', 'ioredis-safe', 'ioredis-stream'],
  withAof: false,
  measures: [
    {
      name: 'bytes',
      title: 'bytes in Redis per pending message',
      how: 'Growth of `used_memory` less the buffers of clients, by 50,000 messages of 99 bytes.',
      unit: 'bytes',
      better: 'lower',
      goals: [
        { atMost: 0.25, peer: 'bullmq' },
        { atMost: 0.6, peer: 'bee-queue' },
      ],
    },
  ],
  messages: 50_000,

  async run({ producer, redis, messages: count }) {
    const before = await redis.usedBytes();
    await producer.ask('sendBatches', { first: firstNumber, count, bytes: smallBytes, size: 500 });
    const after = await redis.usedBytes();
    return { figures: { bytes: (after - before) / count }, ms: 0 };
  },
};
