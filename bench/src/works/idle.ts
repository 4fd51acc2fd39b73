import { setTimeout as pause } from 'node:timers/promises';
import { firstNumber } from '../body.js';
import type { Work } from '../work.js';

export const idle: Work = {
  name: 'idle',
  kind: 'queue',
  subjects: ['redpost', 'bullmq', 'bee-queue', 'groupmq'],
  withAof: false,
  measures: [
    {
      name: 'idle-commands',
      title: 'commands of an idle consumer',
      how: 'What `INFO commandstats` counts in 20 s, from 5 s after the consumer has started, commands inside scripts included.',
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

  async run({ consumer, redis }) {
    await consumer.ask('consume', { first: firstNumber, count: 0, concurrency: 100 });
    await pause(5000);

    const commands = await redis.commands();
    const { ms } = await consumer.ask('cpu');
    const since = performance.now();
    await pause(20_000);
    const elapsedMs = performance.now() - since;
    const { ms: msAfter } = await consumer.ask('cpu');
    return {
      figures: {
        'idle-commands': ((await redis.commands()) - commands) / (elapsedMs / 1000),
        'idle-cpu': ((msAfter - ms) / elapsedMs) * 100,
      },
      ms: 0,
    };
  },
};
