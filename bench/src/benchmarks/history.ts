import { smallBytes } from '../body.js';
import { throughput } from './throughput.js';

/** What it costs to record each message. */
export const history = throughput({
  name: 'history',
  subjects: ['redpost-history', 'redpost'],
  bytes: smallBytes,
  batch: 500,
  concurrency: 100,
  most: 1_000_000,
  send: {
    name: 'send-history',
    title: 'sendBatch of 500 to a queue with a history',
    how: 'One caller awaits batches of 500.',
    unit: 'messages/s',
    better: 'higher',
    goals: [],
  },
  consume: {
    name: 'consume-history',
    title: 'consume with a history, concurrency 100',
    how: 'A no-op async handler. Each message is recorded, and the newest 100,000 records are kept.',
    unit: 'messages/s',
    better: 'higher',
    goals: [{ atLeast: 0.95, peer: 'redpost' }],
  },
});
