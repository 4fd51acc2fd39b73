import type { Benchmark, Goal } from '../benchmark.js';
import { firstNumber, smallBytes } from '../body.js';

/** How much memory a pending message takes. */
interface Memory extends Pick<Benchmark, 'name' | 'subjects'> {
  title: string;
  messages: number;
  goals: readonly Goal[];
}

function memory({ name, subjects, title, messages, goals }: Memory): Benchmark {
  return {
    name,
    kind: 'queue',
    subjects,
    withAof: false,
    measures: [
      {
        name,
        title,
        how: `Growth of \`used_memory\` less the buffers of clients, by ${messages.toLocaleString('en')} messages of 99 bytes.`,
        unit: 'bytes',
        better: 'lower',
        goals,
      },
    ],
    messages,

    async run({ producer, redis, messages: count }) {
      const before = await redis.usedBytes();
      await producer.ask('sendBatches', {
        first: firstNumber,
        count,
        bytes: smallBytes,
        size: 500,
      });
      const after = await redis.usedBytes();
      return { figures: { [name]: (after - before) / count }, ms: 0 };
    },
  };
}

export const bytes = memory({
  name: 'bytes',
  subjects: ['redpost', 'bullmq', 'bee-queue', 'groupmq', 'ioredis-safe', 'ioredis-stream'],
  title: 'bytes in Redis per pending message',
  messages: 50_000,
  goals: [
    { atMost: 0.25, peer: 'bullmq' },
    { atMost: 0.6, peer: 'bee-queue' },
  ],
});

/** Ten messages of each of 10,000 keys. BullMQ has no keys here. */
export const bytesWithKeys = memory({
  name: 'bytes-keys',
  subjects: ['redpost-keys', 'bullmq'],
  title: 'bytes in Redis per pending message, ten of each of 10,000 keys',
  messages: 100_000,
  goals: [{ atMost: 0.35, peer: 'bullmq' }],
});
