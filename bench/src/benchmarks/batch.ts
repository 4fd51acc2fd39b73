import { smallBytes } from '../body.js';
import { throughput } from './throughput.js';

export const batch = throughput({
  name: 'batch',
  subjects: [
    'redpost',
    'bullmq',
    'bee-queue',
    'groupmq',
    'ioredis-safe',
    'ioredis-stream',
    'jetstream',
  ],
  bytes: smallBytes,
  batch: 500,
  concurrency: 1,
  most: 500_000,
  send: {
    name: 'send-batch',
    title: 'sendBatch of 500',
    how: 'One caller awaits batches of 500; where a peer has no such call, 500 sends at once.',
    unit: 'messages/s',
    better: 'higher',
    goals: [
      { atLeast: 18, peer: 'bullmq' },
      { atLeast: 4, peer: 'bee-queue' },
      { atLeast: 0.7, peer: 'ioredis-safe' },
    ],
  },
  consume: {
    name: 'consume-one',
    title: 'consume, empty handler, concurrency 1',
    how: 'A no-op async handler, one message at a time.',
    unit: 'messages/s',
    better: 'higher',
    goals: [{ atLeast: 10, peer: 'bullmq' }],
  },
});
