import { setTimeout as pause } from 'node:timers/promises';
import type { Benchmark } from '../benchmark.js';
import { firstNumber } from '../body.js';

const settleMs = 5000;
const idleMs = 20_000;

export const idle: Benchmark = {
  name: 'idle',
  kind: 'queue',
  subjects: ['redpost', 'bullmq', 'bee-queue', 'groupmq'],
  withAof: false,
  measures: [
    {
      name: 'idle-commands',
      title: 'commands of an idle consumer',
      how: 'What MONITOR shows in 20 s, from 5 s after the consumer has started; the commands inside a script count as one.',
      unit: 'commands/s',
      better: 'lower',
      goals: [{ atMost: 1 }],
    },
    {
      name: 'idle-cpu',
      title: 'processor time of an idle consumer',
      how: 'Of its whole process, in the same 20 s.',
      unit: '%',
      better: 'lower',
      goals: [{ atMost: 0.5 }],
    },
  ],
  messages: 0,
  runs: 1,
  isLong: true,

  async run({ producer, consumer, redis }) {
    await producer.ask('close');
    await consumer.ask('consume', { first: firstNumber, count: 0, concurrency: 100 });
    await pause(settleMs);

    const before = await consumer.ask('cpu');
    const commands = await redis.commandsDuring(() => pause(idleMs));
    const after = await consumer.ask('cpu');
    return {
      figures: {
        'idle-commands': commands / (idleMs / 1000),
        'idle-cpu': ((after.ms - before.ms) / idleMs) * 100,
      },
      ms: 0,
    };
  },
};
