import { smallBytes } from '../body.js';
import { throughput } from './throughput.js';

export const limits = throughput({
  name: 'limits',
  subjects: ['redpost-limits', 'redpost'],
  bytes: smallBytes,
  batch: 500,
  concurrency: 100,
  most: 500_000,
  send: {
    name: 'send-limits',
    title: 'sendBatch of 500 to a queue with limits',
    how: 'One caller awaits batches of 500; the limits are for consumers.',
    unit: 'messages/s',
    better: 'higher',
    goals: [],
  },
  consume: {
    name: 'consume-limits',
    title: 'consume with limits that are never reached, concurrency 100',
    how: 'A no-op async handler, under 1,000,000 starts per second and 1,000,000 active messages.',
    unit: 'messages/s',
    better: 'higher',
    goals: [{ atLeast: 0.5, peer: 'redpost' }],
  },
});
