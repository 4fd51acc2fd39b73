import { text } from '@redpost/core';
import { startRedis } from '@redpost/core/embedded';
import { expect, it, onTestFinished } from 'vitest';
import { eventually } from '../../../tooling/eventually.js';
import { openConnection, openTopic, uniqueName } from './support/topics.js';

const large = 'x'.repeat(2_000_000);

/** A topic with a record that is larger than its server would take now. */
async function withTooLargeRecord() {
  const server = await startRedis();
  onTestFinished(() => server.stop());
  const connection = openConnection(server.url);
  const topic = openTopic<string>(uniqueName(), { connection, codec: text() });
  await topic.publish(large);
  await connection.call('CONFIG', ['SET', 'proto-max-bulk-len', 1024 * 1024]);
  let interruptions = 0;
  connection.on('interrupted', () => {
    interruptions += 1;
  });
  return { topic, connection, interruptions: () => interruptions };
}

it('a record that is larger than the server takes by now becomes a dead letter all the same', async () => {
  const { topic, interruptions } = await withTooLargeRecord();
  const group = topic.group('g');
  const consumer = group.consume(() => Promise.reject(new Error('no')), { maxAttempts: 1 });
  consumer.on('failed', () => {});

  await eventually(async () => (await group.deadLetters.count()) === 1);

  const [dead] = await group.deadLetters.list();
  expect(dead).toMatchObject({ reason: 'failed', error: 'no' });
  expect(dead?.body).toBe(large);
  expect(interruptions()).toBe(0);
});

it('a settlement that the server refuses for its size is reported, and not repeated', async () => {
  const { topic, connection, interruptions } = await withTooLargeRecord();
  let told: unknown;
  topic.group('g').consume(async (delivery) => {
    await connection.call('XTRIM', [topic.name, 'MAXLEN', 0]);
    told = await delivery.deadLetter().catch((error: unknown) => error);
  });

  await eventually(() => told !== undefined);
  expect(told).toMatchObject({ code: 'MESSAGE_TOO_LARGE', outcome: 'not-executed' });
  // The socket may close a moment after the answer.
  await eventually(() => interruptions() === 1);
});
