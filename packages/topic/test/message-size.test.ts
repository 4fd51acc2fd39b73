import { text } from '@redpost/core';
import { startRedis } from '@redpost/core/embedded';
import { expect, it, onTestFinished } from 'vitest';
import { openConnection, openTopic, uniqueName, useTopics } from './support/topics.js';

const redis = useTopics();
const tooLarge = { code: 'MESSAGE_TOO_LARGE', bytes: 11, maxBytes: 10 };
const [fits, large] = ['x'.repeat(10), 'x'.repeat(11)];

it('a record that is too large is refused, and the others of its batch are published', async () => {
  const connection = redis.connection();
  const topic = openTopic<string>(uniqueName(), { connection, codec: text(), maxMessageBytes: 10 });

  const results = await topic.publishBatch([
    { body: fits },
    { body: large },
    { body: 'x', headers: { trace: large } },
  ]);

  expect(results).toMatchObject([
    { status: 'published' },
    { status: 'failed', error: tooLarge },
    { status: 'failed', error: { code: 'MESSAGE_TOO_LARGE' } },
  ]);
  expect(await connection.call('XLEN', [topic.name])).toBe(1);
});

it('a record waits for replicas, if asked to', async () => {
  const connection = redis.connection();
  const options = { connection, replicas: 1, publishTimeoutMs: 1000 };
  const topic = openTopic<string>(uniqueName(), options);

  await expect(topic.publish('a')).rejects.toMatchObject({
    code: 'NOT_REPLICATED',
    outcome: 'unknown',
    confirmed: 0,
  });
  expect(await connection.call('XLEN', [topic.name])).toBe(1);
});

it.each([
  ['proto-max-bulk-len', '1mb'],
  ['client-query-buffer-limit', '2mb'],
])('what exceeds %s fails alone', async (setting, limit) => {
  const server = await startRedis({ args: [`--${setting}`, limit] });
  onTestFinished(() => server.stop());
  const connection = openConnection(server.url);
  const topic = openTopic<string>(uniqueName(), { connection, codec: text() });
  const bodies = ['a', 'x'.repeat(4_000_000), 'b'];

  const records = await topic.publishBatch(bodies.map((body) => ({ body })));

  expect(records).toMatchObject([
    { status: 'published' },
    {
      status: 'failed',
      error: { code: 'MESSAGE_TOO_LARGE', outcome: 'not-executed', retryable: false },
    },
    { status: 'published' },
  ]);
  expect(await connection.call('XLEN', [topic.name])).toBe(2);
});
