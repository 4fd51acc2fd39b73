import { connect, text } from '@redpost/core';
import { startRedis } from '@redpost/core/embedded';
import { expect, it, onTestFinished } from 'vitest';
import { PubSub } from '../src/index.js';
import { testRedis, uniqueName } from './support/redis.js';

const redis = testRedis();
const tooLarge = { code: 'MESSAGE_TOO_LARGE', bytes: 11, maxBytes: 10 };
const [fits, large] = ['x'.repeat(10), 'x'.repeat(11)];

it('a message that is too large is rejected, and sequenced subscribers report no gap', async () => {
  const pubsub = redis.pubsub<string>({ codec: text(), maxMessageBytes: 10, sequenced: true });
  const channel = uniqueName();
  const gaps: unknown[] = [];
  const subscription = await pubsub.subscribe(channel);
  subscription.on('gap', (gap) => gaps.push(gap));

  await pubsub.publish(channel, 'first');
  await expect(pubsub.publish(channel, large)).rejects.toMatchObject(tooLarge);
  const results = await pubsub.publishBatch([
    { channel, body: fits },
    { channel, body: large },
    { channel, body: 'last' },
  ]);

  expect(results.map(({ status }) => status)).toEqual(['published', 'failed', 'published']);
  for (const body of ['first', fits, 'last']) {
    expect((await subscription.next({ timeoutMs: 30_000 }))?.body).toBe(body);
  }
  expect(gaps).toEqual([]);
  await pubsub.close();
});

it('a reply that is too large is reported to the requester', async () => {
  const pubsub = redis.pubsub<string>({ codec: text(), maxMessageBytes: 10 });
  const channel = uniqueName();
  await pubsub.respond(channel, () => large);

  await expect(pubsub.request(channel, 'ask')).rejects.toMatchObject({ name: 'ResponderError' });
  await expect(pubsub.request(channel, large)).rejects.toMatchObject(tooLarge);
  await pubsub.close();
});

it.each([
  ['proto-max-bulk-len', '1mb'],
  ['client-query-buffer-limit', '2mb'],
])('what exceeds %s fails alone', async (setting, limit) => {
  const server = await startRedis({ args: [`--${setting}`, limit] });
  onTestFinished(() => server.stop());
  const connection = connect(server.url);
  connection.on('error', () => {});
  onTestFinished(() => connection.close());
  const pubsub = new PubSub<string>({ connection, codec: text() });
  const bodies = ['a', 'x'.repeat(4_000_000), 'b'];

  const channel = uniqueName();
  const messages = await pubsub.publishBatch(bodies.map((body) => ({ channel, body })));

  expect(messages).toMatchObject([
    { status: 'published' },
    {
      status: 'failed',
      error: { code: 'MESSAGE_TOO_LARGE', outcome: 'not-executed', retryable: false },
    },
    { status: 'published' },
  ]);
});
