import { setTimeout as pause } from 'node:timers/promises';
import type { Benchmark, Measure } from '../benchmark.js';
import { firstNumber, smallBytes } from '../body.js';
import { exact } from '../exact.js';
import { nowNs } from '../side/side.js';

/** What figures are told of, also where there are more queues. */
const queues = 500;
const settleMs = 12_000;
const idleMs = 20_000;

const inOne = 'One process has 500 or 5,000 queues and a consumer of each.';

/** Which subject has how many queues. */
const countOf = (subject: string) => Number(/\d+/.exec(subject)?.[0] ?? queues);

function figure(measure: Omit<Measure, 'better'>): Measure {
  return { better: 'lower', ...measure };
}

export const manyQueues: Benchmark = {
  name: 'many-queues',
  kind: 'queue',
  subjects: ['redpost-500-queues', 'redpost-5000-queues', 'bullmq-500-queues'],
  withAof: false,
  measures: [
    figure({
      name: 'many-queues-cpu',
      title: 'processor time of 500 idle consumers of 500 queues',
      how: `${inOne} What the process takes of a core in 20 s, from 12 s after the start, when its garbage is collected; of 5,000 consumers, a tenth.`,
      unit: '%',
      goals: [
        { atMost: 2 },
        { atMost: 1, peer: 'bullmq-500-queues' },
        { atLeast: 0.9, peer: 'redpost-5000-queues' },
      ],
    }),
    figure({
      name: 'many-queues-commands',
      title: 'commands of an idle consumer among many',
      how: 'What `INFO commandstats` counts in the same 20 s, also in scripts, for each queue.',
      unit: 'commands/s',
      goals: [{ atMost: 0.5 }, { atLeast: 0.9, peer: 'redpost-5000-queues' }],
    }),
    figure({
      name: 'many-queues-memory',
      title: 'memory of a queue and its consumer among many',
      how: 'By how much the resident memory of the process has grown in the same time, for each queue.',
      unit: 'bytes',
      goals: [{ atMost: 120 * 1024 }, { atLeast: 0.9, peer: 'redpost-5000-queues' }],
    }),
    figure({
      name: 'many-queues-start',
      title: 'first messages of 500 queues',
      how: 'A message waits in each queue, and consumers of all of them are started: until the last message has come; with 5,000 queues, a tenth of that.',
      unit: 'ms',
      goals: [{ atMost: 2000 }],
    }),
  ],
  messages: 0,
  runs: 1,
  isLong: true,

  async run({ subject, producer, consumer, redis }) {
    const count = countOf(subject);
    const numbers = { first: firstNumber, count };
    await producer.ask('send', { ...numbers, bytes: smallBytes, callers: 100 });
    await producer.ask('close');

    await consumer.ask('collect');
    const before = await consumer.ask('memory');
    const startedAtNs = nowNs();
    await consumer.ask('consume', { ...numbers, concurrency: 1 });
    // They are not stopped: what is measured is each queue with its first consumer.
    const { lastAtNs } = exact(await consumer.ask('come'), count);
    await pause(settleMs);
    // V8 would do that some time in the next half minute, and the figures would be others if it did so in these 20 s.
    await consumer.ask('collect');

    const cpuBefore = await consumer.ask('cpu');
    const commands = await redis.executedDuring(() => pause(idleMs));
    const cpuAfter = await consumer.ask('cpu');
    const after = await consumer.ask('memory');
    const share = queues / count;
    return {
      figures: {
        'many-queues-cpu': share * ((cpuAfter.ms - cpuBefore.ms) / idleMs) * 100,
        'many-queues-commands': commands / (idleMs / 1000) / count,
        'many-queues-memory': (after.rssBytes - before.rssBytes) / count,
        'many-queues-start': share * ((lastAtNs - startedAtNs) / 1e6),
      },
      ms: 0,
    };
  },
};
