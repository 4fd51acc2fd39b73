import { expect, it } from 'vitest';
import { rejection } from '../../../tooling/rejection.js';
import { eventTarget } from '../src/adapters/event-target.js';
import { toEventStream } from '../src/adapters/streams.js';
import { PubSub } from '../src/index.js';
import { testRedis } from './support/redis.js';

const redis = testRedis();

// biome-ignore lint/suspicious/noExplicitAny: wrong arguments of any kind.
const anything = (value: unknown): any => value;

it.each([
  [undefined, /needs a connection: .* got undefined$/],
  [{ connection: 'redis://ann:secret@h' }, /got a text: a URL is for connect\(\)$/],
  [{ connection: { host: 'h' } }, /got an object with host/],
])('a PubSub without a usable connection is refused by name: %#', (options, message) => {
  expect(() => new PubSub(anything(options))).toThrow(message);
});

it('an option that does not exist is refused by name, wherever options are taken', async () => {
  const connection = redis.connect();
  const pubsub = new PubSub({ connection });
  const subscription = await pubsub.subscribe('c');
  const wrong: [call: () => unknown, message: string][] = [
    [
      () => new PubSub(anything({ connection, shard: true })),
      'A PubSub has no option "shard". Did you mean sharded?',
    ],
    [
      () => pubsub.subscribe('c', anything({ onmessage: () => {} })),
      'subscribe() has no option "onmessage". Did you mean onMessage?',
    ],
    [
      () => pubsub.subscribePattern('c*', anything({ onmesage: () => {} })),
      'subscribePattern() has no option "onmesage". Did you mean onMessage?',
    ],
    [
      () => pubsub.request('c', 1, anything({ timeout: 1 })),
      'request() has no option "timeout". Did you mean timeoutMs?',
    ],
    [
      () => pubsub.respond('c', () => 1, anything({ concurency: 1 })),
      'respond() has no option "concurency". Did you mean concurrency?',
    ],
    [
      () => subscription.next(anything({ timeout: 1 })),
      'next() has no option "timeout". Did you mean timeoutMs?',
    ],
    [
      () => subscription.on(anything('message'), () => {}),
      'There is no event "message". There are: interrupted',
    ],
    [
      () => eventTarget(pubsub, anything({ onerror: () => {} })),
      'eventTarget() has no option "onerror". Did you mean onError?',
    ],
    [
      () => toEventStream(subscription, anything({ heartbeat: 1 })),
      'toEventStream() has no option "heartbeat". Did you mean heartbeatMs?',
    ],
  ];
  for (const [call, message] of wrong) {
    const error = await rejection((async () => call())());
    expect(error.code).toBe('INVALID_ARGUMENT');
    expect(error.message).toContain(message);
  }
  await pubsub.close();
});
