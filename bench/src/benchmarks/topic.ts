import { smallBytes } from '../body.js';
import { throughput } from './throughput.js';

export const topic = throughput({
  name: 'topic',
  subjects: ['redpost-topic', 'ioredis-topic', 'ioredis-topic-pipelined'],
  bytes: smallBytes,
  batch: 1,
  concurrency: 100,
  most: 500_000,
  send: {
    name: 'topic-publish',
    title: 'publish to a topic, 100 concurrent callers',
    how: '100 loops, each awaiting one publish of a 99-byte body before the next; with ioredis one XADD each.',
    unit: 'messages/s',
    better: 'higher',
    goals: [{ atLeast: 2, peer: 'ioredis-topic' }],
  },
  consume: {
    name: 'topic-consume',
    title: 'consume from a topic in a group, empty handler, concurrency 100',
    how: 'A no-op async handler gets all that was just published; with ioredis, XREADGROUP and XACK in batches of 100.',
    unit: 'messages/s',
    better: 'higher',
    goals: [{ atLeast: 3, peer: 'ioredis-topic' }],
  },
});
