import { expect, it } from 'vitest';
import { eventually } from '../../../tooling/eventually.js';
import { expireLeases, sessionsOf, type TestTopic, useTopics } from './support/topics.js';

const redis = useTopics();

it('a record that waits for others of its key is not blamed for a crash, suspect or not', async () => {
  const topic = redis.topic<string>({ partitions: 1 });
  await topic.publish('retried', { key: 'a' });
  await topic.publish('behind it', { key: 'a' });
  await topic.publish('poison', { key: 'b' });
  const group = topic.group('g', { from: 'beginning' });
  const options = { maxAttempts: 2, backoff: () => 3_600_000 };
  for (const attempt of [1, 2]) await crash(topic, attempt);
  const handled: string[] = [];
  group.consume(({ body }) => void handled.push(body), options);
  await eventually(async () => (await group.deadLetters.count()) > 0);
  const due = `{${topic.name}}:delayed:g`;
  const [retried] = (await topic.connection.call('ZRANGE', [due, 0, 0])) as [Buffer];
  await topic.connection.call('ZADD', [due, 1, retried]);
  await topic.connection.call('PUBLISH', [`{${topic.name}}:signal:g`, 'waiting']);
  await eventually(() => handled.length === 2);

  expect(handled).toEqual(['retried', 'behind it']);
  expect(await group.deadLetters.list()).toMatchObject([{ body: 'poison', attempt: 2 }]);

  /** A member that fails with the first record, and dies while it handles the last one. */
  async function crash({ name, connection }: TestTopic<string>, attempt: number): Promise<void> {
    const victim = redis.topic<string>({ name, partitions: 1 });
    let isPoisoned = false;
    const consumer = victim.group('g', { from: 'beginning' }).consume(async (delivery) => {
      if (delivery.body === 'retried') throw new Error('not yet');
      isPoisoned ||= delivery.body === 'poison' && delivery.attempt === attempt;
      await new Promise(() => {});
    }, options);
    consumer.on('error', () => {}); // Its connection is closed under it.
    await eventually(async () => isPoisoned && (await group.stats()).delayed === 1);
    await victim.connection.close();
    await consumer.stop({ timeoutMs: 0 });
    await connection.call('DEL', [`{${name}}:members:g`]);
    await expireLeases(topic, 'g', await sessionsOf(topic, 'g'));
  }
});
