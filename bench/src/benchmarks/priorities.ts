import { smallBytes } from '../body.js';
import { throughput } from './throughput.js';

export const priorities = throughput({
  name: 'priorities',
  subjects: ['redpost-priorities', 'bullmq-priorities'],
  bytes: smallBytes,
  batch: 500,
  concurrency: 100,
  most: 500_000,
  send: {
    name: 'send-priorities',
    title: 'sendBatch of 500, with ten priorities',
    how: 'One caller awaits batches of 500, each message with the next priority.',
    unit: 'messages/s',
    better: 'higher',
    goals: [],
  },
  consume: {
    name: 'consume-priorities',
    title: 'consume ten priorities, concurrency 100',
    how: 'A no-op async handler empties the queue that was just filled.',
    unit: 'messages/s',
    better: 'higher',
    goals: [{ atLeast: 10, peer: 'bullmq-priorities' }],
  },
});
