import { largeBytes } from '../body.js';
import { throughput } from './throughput.js';

export const large = throughput({
  name: 'large',
  subjects: ['redpost', 'bullmq', 'bee-queue', 'groupmq', 'ioredis-safe', 'jetstream'],
  bytes: largeBytes,
  batch: 1,
  concurrency: 100,
  most: 50_000,
  send: {
    name: 'send-10KiB',
    title: 'send 10 KiB, 100 concurrent callers',
    how: 'As `send`, with bodies of 10 KiB.',
    unit: 'messages/s',
    better: 'higher',
    goals: [{ atLeast: 0.8, peer: 'ioredis-safe' }],
  },
  consume: {
    name: 'consume-10KiB',
    title: 'consume 10 KiB, empty handler, concurrency 100',
    how: 'As `consume`, with bodies of 10 KiB.',
    unit: 'messages/s',
    better: 'higher',
    goals: [
      { atLeast: 1.5, peer: 'ioredis-safe' },
      { atLeast: 1.2, peer: 'jetstream' },
    ],
  },
});
