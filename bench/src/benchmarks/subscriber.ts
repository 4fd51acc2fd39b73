import type { Benchmark } from '../benchmark.js';
import { publishing, publishToOne } from './one-subscriber.js';

/** What a received message costs a subscriber, in processor time: it is what many subscribers to one channel add up to. */
export const subscriber = received('subscriber', 'redpost', 'A callback gets each message.', 0.35);
export const subscriberForAwait = received(
  'subscriber-for-await',
  'redpost-for-await',
  'A loop by `for await` gets each message; that of ioredis is a callback.',
  0.45,
);

function received(name: string, subject: string, how: string, atMost: number): Benchmark {
  return {
    name,
    kind: 'channel',
    subjects: [subject, 'ioredis'],
    withAof: false,
    measures: [
      {
        name,
        title: `receive${subject === 'redpost' ? '' : ' by for await'}, processor time of the subscriber per message`,
        how: `${how} Of its whole process, while ${publishing}, by the same client in another process.`,
        unit: 'µs',
        better: 'lower',
        goals: [{ atMost, peer: 'ioredis' }],
      },
    ],
    messages: { most: 500_000 },

    async run(run) {
      const { ms, subscriberCpuMs } = await publishToOne(run);
      return { figures: { [name]: (1000 * subscriberCpuMs) / run.messages }, ms };
    },
  };
}
