import { smallBytes } from '../body.js';
import { throughput } from './throughput.js';

export const single = throughput({
  name: 'single',
  subjects: [
    'redpost',
    'bullmq',
    'bee-queue',
    'groupmq',
    'ioredis-safe',
    'ioredis-stream',
    'ioredis-pop',
    'jetstream',
  ],
  bytes: smallBytes,
  batch: 1,
  concurrency: 100,
  most: 500_000,
  send: {
    name: 'send',
    title: 'send, 100 concurrent callers',
    how: '100 loops, each awaiting one send of a 99-byte body before the next.',
    unit: 'messages/s',
    better: 'higher',
    goals: [
      { atLeast: 10, peer: 'bullmq' },
      { atLeast: 4, peer: 'bee-queue' },
      { atLeast: 10, peer: 'jetstream' },
    ],
  },
  consume: {
    name: 'consume',
    title: 'consume, empty handler, concurrency 100',
    how: 'A no-op async handler empties the queue that was just filled; from the first to the last message.',
    unit: 'messages/s',
    better: 'higher',
    goals: [
      { atLeast: 15, peer: 'bullmq' },
      { atLeast: 8, peer: 'bee-queue' },
      { atLeast: 4, peer: 'jetstream' },
    ],
  },
});
