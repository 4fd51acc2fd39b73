import type { Benchmark } from '../benchmark.js';
import { firstNumber, smallBytes } from '../body.js';
import { exact, rate } from '../exact.js';

/** Each caller sends a message and waits for what the handler in another process returns. */
export const request: Benchmark = {
  name: 'request',
  kind: 'queue',
  subjects: ['redpost-request', 'bullmq-request'],
  withAof: true,
  measures: [
    {
      name: 'request-many',
      title: 'request and reply, 100 callers',
      how: '100 callers, each with one request at a time. An async handler returns the message, concurrency 100.',
      unit: 'messages/s',
      better: 'higher',
      goals: [{ atLeast: 5, peer: 'bullmq-request' }],
    },
    {
      name: 'request-p50',
      title: 'request and reply, one caller, p50',
      how: 'One caller, one request at a time: from the call to the answer.',
      unit: 'ms',
      better: 'lower',
      goals: [{ atMost: 0.3, peer: 'bullmq-request' }],
    },
  ],
  messages: 20_000,
  quickMessages: 1000,

  async run({ producer, consumer, messages: count }) {
    const alone = Math.ceil(count / 20);
    const numbers = { first: firstNumber, count: count + alone };
    await consumer.ask('consume', { ...numbers, concurrency: 100 });
    const many = { first: firstNumber, count, bytes: smallBytes, callers: 100 };
    const { ms } = await producer.ask('send', many);
    const one = { first: firstNumber + count, count: alone, bytes: smallBytes };
    const durations = await producer.ask('durations', one);
    exact(await consumer.ask('delivered'), count + alone);
    return {
      figures: {
        'request-many': rate(count, ms),
        'request-p50': durations[Math.ceil(alone / 2) - 1] ?? Number.NaN,
      },
      ms,
    };
  },
};
