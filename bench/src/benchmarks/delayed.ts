import { smallBytes } from '../body.js';
import { throughput } from './throughput.js';

/** All are due when the consumer starts: what is measured is how fast they are promoted and consumed. */
export const delayed = throughput({
  name: 'delayed',
  subjects: ['redpost-delayed', 'bullmq-delayed'],
  bytes: smallBytes,
  batch: 500,
  concurrency: 100,
  most: 300_000,
  send: {
    name: 'send-delayed',
    title: 'sendBatch of 500 with a delay',
    how: 'One caller awaits batches of 500, each message with a delay of 1 ms.',
    unit: 'messages/s',
    better: 'higher',
    goals: [],
  },
  consume: {
    name: 'consume-delayed',
    title: 'promote and consume delayed messages, concurrency 100',
    how: 'All messages are due when the consumer starts. A no-op async handler.',
    unit: 'messages/s',
    better: 'higher',
    goals: [{ atLeast: 10, peer: 'bullmq-delayed' }],
  },
});
