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

it('the leases of all partitions are shortened as soon as a member notices, not one after the other', async () => {
  const topic = redis.topic<number>({ partitions: 2 });
  const { connection, name } = topic;
  // It comes first by name, so both partitions stay its own for as long as it is a member.
  const dead = `!${newConsumerName(60_000)}`;
  const other = `"${newConsumerName(60_000)}`;
  const later = Date.now() + hourMs;
  await connection.call('ZADD', [`{${name}}:members:g`, later, dead, later, other]);
  const leases = [0, 1].map((at) => `{${name}:${at}}:partition:consumers:g`);
  for (const key of leases) await connection.call('ZADD', [key, later, dead]);

  topic.group('g').consume(() => {}, { leaseMs: 300 });

  const isShortened = async (key: string) =>
    Number(await connection.call('ZSCORE', [key, dead])) < later - hourMs / 2;
  await eventually(async () => (await Promise.all(leases.map(isShortened))).every(Boolean));
});
