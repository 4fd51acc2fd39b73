import { smallBytes } from '../body.js';
import { throughput } from './throughput.js';

export const once = throughput({
  name: 'once',
  subjects: ['redpost-once', 'bullmq-once'],
  bytes: smallBytes,
  batch: 1,
  concurrency: 100,
  most: 500_000,
  send: {
    name: 'send-once',
    title: 'send once, 100 concurrent callers',
    how: '100 loops, each awaiting one send before the next. Each message has a key of its own, until it is done.',
    unit: 'messages/s',
    better: 'higher',
    goals: [{ atLeast: 8, peer: 'bullmq-once' }],
  },
  consume: {
    name: 'consume-once',
    title: 'consume messages sent once, concurrency 100',
    how: 'A no-op async handler; the key of each message is free when it is done.',
    unit: 'messages/s',
    better: 'higher',
    goals: [],
  },
});
