import type { Benchmark } from '../benchmark.js';
import { firstNumber, smallBytes } from '../body.js';
import { exact, rate } from '../exact.js';

/** How far publishers may be ahead: less than any server buffers before it drops a subscriber. */
const window = 20_000;

export const channel: Benchmark = {
  name: 'channel',
  kind: 'channel',
  subjects: ['redpost', 'ioredis', 'ioredis-pipelined', 'node-redis', 'mqemitter-redis', 'nats'],
  withAof: false,
  measures: [
    {
      name: 'publish',
      title: 'publish and receive, one channel',
      how: `1000 concurrent callers publish 99-byte bodies to one subscriber, at most ${window.toLocaleString('en')} ahead of it; from the first call to the last message received.`,
      unit: 'messages/s',
      better: 'higher',
      goals: [
        { atLeast: 2.5, peer: 'ioredis' },
        { atLeast: 1, peer: 'nats' },
      ],
    },
  ],
  messages: { most: 500_000 },

  async run({ producer, consumer, messages: count }) {
    const numbers = { first: firstNumber, count };
    consumer.onProgress = (received) => void producer.ask('progress', { received });

    await consumer.ask('subscribe', numbers);
    const { startedAtNs } = await producer.ask('publish', {
      ...numbers,
      bytes: smallBytes,
      callers: 1000,
      window,
    });
    const { lastAtNs } = exact(await consumer.ask('delivered'), count);
    const ms = (lastAtNs - startedAtNs) / 1e6;
    return { figures: { publish: rate(count, ms) }, ms };
  },
};
