import type { Benchmark } from '../benchmark.js';
import { rate } from '../exact.js';
import { publishing, publishToOne } from './one-subscriber.js';

export const channel: Benchmark = {
  name: 'channel',
  kind: 'channel',
  subjects: ['redpost', 'ioredis', 'ioredis-pipelined', 'node-redis', 'mqemitter-redis', 'nats'],
  withAof: false,
  measures: [
    {
      name: 'publish',
      title: 'publish and receive, one channel',
      how: `${publishing}; from the first call to the last message received.`,
      unit: 'messages/s',
      better: 'higher',
      goals: [
        { atLeast: 2.5, peer: 'ioredis' },
        { atLeast: 1, peer: 'nats' },
      ],
    },
  ],
  messages: { most: 500_000 },

  async run(run) {
    const { ms } = await publishToOne(run);
    return { figures: { publish: rate(run.messages, ms) }, ms };
  },
};
