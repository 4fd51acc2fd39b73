import { newConsumerName } from '@redpost/core/consuming';
import { expect, it } from 'vitest';
import { eventually } from '../../../tooling/eventually.js';
import { useTopics } from './support/topics.js';

const redis = useTopics();
const hourMs = 3_600_000;

it('a dead member of a consumer group is recovered, though the clock of the server was set back', async () => {
  const topic = redis.topic<string>();
  await topic.publish('hello');
  const group = topic.group('g');
  await group.seek('beginning');
  const dead = newConsumerName(300);
  const { connection, name } = topic;
  await connection.call('XREADGROUP', ['GROUP', 'g', dead, 'STREAMS', name, '>']);
  await connection.call('ZADD', [`{${name}}:consumers:g`, Date.now() + hourMs, dead]);

  const attempts: number[] = [];
  group.consume(({ attempt }) => attempts.push(attempt), { leaseMs: 300 });

  await eventually(() => attempts.length > 0);
  expect(attempts).toEqual([2]);
});

it('so are its partitions', async () => {
  const topic = redis.topic<number>({ partitions: 2 });
  const { connection, name } = topic;
  const dead = newConsumerName(300);
  for (const key of ['a', 'b', 'c', 'd']) await topic.publish(1, { key });
  await connection.call('ZADD', [`{${name}}:members:g`, Date.now() + hourMs, dead]);
  for (const at of [0, 1]) {
    const stream = `{${name}:${at}}:partition`;
    await connection.call('ZADD', [`${stream}:consumers:g`, Date.now() + hourMs, dead]);
  }

  const keys: unknown[] = [];
  topic.group('g', { from: 'beginning' }).consume(({ key }) => keys.push(key), { leaseMs: 300 });

  await eventually(() => keys.length === 4);
  expect(keys.sort()).toEqual(['a', 'b', 'c', 'd']);
});
