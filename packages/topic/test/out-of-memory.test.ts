import { startRedis } from '@redpost/core/embedded';
import { expect, it, onTestFinished } from 'vitest';
import { eventually } from '../../../tooling/eventually.js';
import { openConnection, openTopic } from './support/topics.js';

it('without any memory, publishing is rejected, and a group handles the existing records', async () => {
  const redis = await startRedis({ args: ['--maxmemory-policy', 'noeviction'] });
  onTestFinished(() => redis.stop());
  const connection = openConnection(redis.url);
  const topic = openTopic<string>('t', { connection });
  const other = openTopic<string>('t', { connection: openConnection(redis.url) });
  for (const body of ['acked', 'retried', 'dead-lettered']) await topic.publish(body);
  // From now on, Redis is out of memory however little it holds.
  await connection.call('CONFIG', ['SET', 'maxmemory', '1']);

  await expect(topic.publish('more')).rejects.toMatchObject({
    code: 'OUT_OF_MEMORY',
    outcome: 'not-executed',
    retryable: true,
  });
  const handled: string[] = [];
  const group = other.group('g');
  const consumer = group.consume(
    async (delivery) => {
      const { body, attempt } = delivery;
      handled.push(`${body} ${attempt}`);
      if (body === 'retried' && attempt === 1) await delivery.retry({ delayMs: 500 });
      if (body === 'dead-lettered') await delivery.deadLetter();
    },
    { leaseMs: 300 },
  );
  const errors: Error[] = [];
  consumer.on('error', (error) => errors.push(error));
  let lost = 0;
  consumer.on('lost', () => {
    lost += 1;
  });

  await eventually(() => handled.length === 4);
  await consumer.stop();

  expect(handled).toEqual(['acked 1', 'retried 1', 'dead-lettered 1', 'retried 2']);
  expect(await group.deadLetters.count()).toBe(1);
  expect(errors).toEqual([]);
  expect(lost).toBe(0);
  await connection.call('CONFIG', ['SET', 'maxmemory', '0']);
  await topic.publish('more');
});
