import { expect, it } from 'vitest';
import { eventually } from '../../../tooling/eventually.js';
import { rejection } from '../../../tooling/rejection.js';
import { Topic } from '../src/index.js';
import { useTopics } from './support/topics.js';

const redis = useTopics();

it.each([undefined, 2])(
  'every call of a topic on keys of another type is rejected with the type of the key (partitions: %s)',
  async (partitions) => {
    const topic = redis.topic<string>(partitions === undefined ? {} : { partitions });
    const streams = [0, 1].map((at) =>
      partitions === undefined ? topic.name : `{${topic.name}:${at}}:partition`,
    );
    for (const stream of streams) await topic.connection.call('RPUSH', [stream, 'value']);
    const group = topic.group('g');
    const calls = {
      publish: () => topic.publish('a'),
      'publish with an id': () => topic.publish('a', { id: 'i', key: 'k' }),
      read: () => topic.read({ from: 'beginning' }).next(),
      'read what comes': () => topic.read().next(),
      stats: () => topic.stats(),
      seek: () => group.seek('beginning'),
      lag: () => group.lag(),
      'stats of a group': () => group.stats(),
    };
    for (const [name, call] of Object.entries(calls)) {
      const error = await rejection(call());
      expect(error, name).toMatchObject({
        code: 'WRONG_TYPE',
        outcome: 'not-executed',
        expected: 'stream',
        found: 'list',
        message: expect.stringContaining(`The topic "${topic.name}" cannot be used: its key`),
      });
      expect(streams).toContain((error as unknown as { key: string }).key);
    }
  },
);

it('a wrong type among the other keys of a topic and its groups is also named', async () => {
  const topic = redis.topic<string>();
  const key = `{${topic.name}}:dead:g`;
  await topic.connection.call('SET', [key, 'value']);
  const error = await rejection(topic.group('g').deadLetters.count());
  expect(error).toMatchObject({ code: 'WRONG_TYPE', key, expected: 'stream', found: 'string' });
});

it('a member of a group says once that its key is of another type, and works when it is put right', async () => {
  const topic = redis.topic<string>();
  await topic.connection.call('SET', [topic.name, 'value']);
  const errors: Error[] = [];
  const handled: string[] = [];
  const consumer = topic.group('g').consume(({ body }) => handled.push(body));
  consumer.on('error', (error) => errors.push(error));
  const asked = async () => {
    const info = String(await topic.connection.call('INFO', ['commandstats']));
    return Number(/cmdstat_type:calls=(\d+)/.exec(info)?.[1] ?? 0);
  };
  const before = await asked();
  await eventually(async () => (await asked()) - before >= 4);
  expect(errors).toMatchObject([{ code: 'WRONG_TYPE', key: topic.name, found: 'string' }]);
  await topic.connection.call('DEL', [topic.name]);
  await topic.publish('a');
  await eventually(() => handled.length === 1);
});

it('a topic on a key of another system is refused', () => {
  const connection = redis.connection();
  expect(() => new Topic('bull:emails:events', { connection })).toThrow(/the keys of BullMQ/);
});
