import { smallBytes } from '../body.js';
import { throughput } from './throughput.js';

/** BullMQ has keys (groups) only in its paid edition: it is measured without. GroupMQ has 200 groups. */
export const keys = throughput({
  name: 'keys',
  subjects: ['redpost-keys', 'redpost', 'groupmq', 'bullmq'],
  bytes: smallBytes,
  batch: 500,
  concurrency: 100,
  most: 500_000,
  send: {
    name: 'send-keys',
    title: 'sendBatch of 500, each message with one of 10,000 keys',
    how: 'One caller awaits batches of 500. BullMQ, and the second redpost, send without keys.',
    unit: 'messages/s',
    better: 'higher',
    goals: [],
  },
  consume: {
    name: 'consume-keys',
    title: 'consume with keys, concurrency 100',
    how: 'A no-op async handler; one message of each key at a time. BullMQ, and the second redpost, have no keys.',
    unit: 'messages/s',
    better: 'higher',
    goals: [
      { atLeast: 8, peer: 'groupmq' },
      { atLeast: 10, peer: 'bullmq' },
    ],
  },
});
