import { connect } from '@redpost/core';
import { startRedis } from '@redpost/core/embedded';
import { expect, it, onTestFinished } from 'vitest';
import { eventually } from '../../../tooling/eventually.js';
import { Topic } from '../src/index.js';

/** A topic of a user who may do everything but what these rules take away. */
async function topicWithRules(...rules: string[]) {
  const redis = await startRedis();
  onTestFinished(() => redis.stop());
  const admin = connect(redis.url);
  onTestFinished(() => admin.close());
  const allow = (...more: string[]) => admin.call('ACL', ['SETUSER', 'limited', ...more]);
  await allow('on', '>secret', '~*', '&*', '+@all', ...rules);
  const connection = connect(`redis://limited:secret@127.0.0.1:${redis.port}`);
  connection.on('error', () => {});
  onTestFinished(() => connection.close());
  return { admin, allow, topic: new Topic<string>('events', { connection }) };
}

const refusal = expect.objectContaining({ code: 'SERVER', reply: 'NOPERM' });

it('a group that may not wait for records asks for them, and says why', async () => {
  const { topic } = await topicWithRules('-xread');
  const handled: string[] = [];
  const errors: Error[] = [];
  // A member that only looks around with each of its beats would be too late.
  const options = { leaseMs: 600_000 };
  const consumer = topic.group('g').consume(({ body }) => void handled.push(body), options);
  consumer.on('error', (error) => errors.push(error));
  await eventually(() => errors.length > 0);
  for (const body of ['first', 'second']) {
    await topic.publish(body);
    await eventually(() => handled.includes(body));
  }
  expect(errors).toContainEqual(refusal);
  await consumer.stop();
});

it('a reader that may not wait for records asks for them, and says why', async () => {
  const { topic } = await topicWithRules('-xread');
  const read: string[] = [];
  const errors: Error[] = [];
  topic.on('error', (error) => errors.push(error));
  const reader = topic.read({ from: 'beginning' });
  const reading = (async () => {
    for await (const { body } of reader) {
      read.push(body);
      if (read.length === 2) break;
    }
  })();
  await eventually(() => errors.length > 0);
  await topic.publish('first');
  await eventually(() => read.includes('first'));
  await topic.publish('second');
  await reading;
  expect(read).toEqual(['first', 'second']);
  expect(errors).toContainEqual(refusal);
});

it('a group whose signals are refused subscribes again once it may', {
  timeout: 40_000,
}, async () => {
  const { admin, allow, topic } = await topicWithRules('resetchannels');
  const errors: Error[] = [];
  const consumer = topic.group('g').consume(() => {});
  consumer.on('error', (error) => errors.push(error));
  await eventually(() => errors.length > 0);
  await allow('allchannels');
  const subscribed = async () =>
    ((await admin.call('PUBSUB', ['CHANNELS'])) as Buffer[]).length > 0;
  await eventually(subscribed, 30_000);
  expect(errors).toHaveLength(1);
  await consumer.stop();
});
