import { text } from '@redpost/core';
import { expect, it, onTestFinished } from 'vitest';
import { answerSizes } from '../../../tooling/answer-sizes.js';
import { eventually } from '../../../tooling/eventually.js';
import { interposed } from '../../../tooling/interposed.js';
import { slowNetwork } from '../../../tooling/slow-network.js';
import { openConnection, type TestTopic, useTopics } from './support/topics.js';

const redis = useTopics();
const mebibyte = 1024 * 1024;
const large = 'x'.repeat(3 * mebibyte);
/** The most that one answer has: a mebibyte and a record, and what stands around them. */
const mostInAnAnswer = mebibyte + large.length + 1000;

async function publishLarge(topic: TestTopic<string>, count: number): Promise<void> {
  for (let n = 0; n < count; n += 1) await topic.publish(`${n} ${large}`);
}

const numberOf = ({ body }: { body: string | undefined }) => body?.slice(0, 2).trim();

it('large records are handled and read over a slow network, and nothing is asked for twice', async () => {
  const network = await slowNetwork(redis.url, 12 * mebibyte);
  onTestFinished(() => network.close());
  const publisher = redis.topic<string>({ codec: text() });
  await publishLarge(publisher, 10);
  const connection = openConnection(network.url, { callTimeoutMs: 1000 });
  const topic = redis.topic<string>({ name: publisher.name, connection, codec: text() });
  const handled = new Set<string | undefined>();

  const consumer = topic.group('g').consume((record) => void handled.add(numberOf(record)), {
    concurrency: 50,
  });
  consumer.on('error', (error) => topic.errors.push(error));
  await eventually(() => handled.size === 10, 60_000);
  const sent = network.received;
  const read: unknown[] = [];
  for await (const record of topic.read({ from: 'beginning' })) {
    if (read.push(numberOf(record)) === 10) break;
  }

  expect(topic.errors).toEqual([]);
  expect(sent).toBeLessThan(11 * large.length);
  expect(read).toEqual(Array.from({ length: 10 }, (_, n) => `${n}`));
}, 90_000);

it('no answer has many large records, and their order is kept', async () => {
  const { connection, largest } = answerSizes(redis.connection());
  const topic = redis.topic<string>({ connection, codec: text() });
  const small = Array.from({ length: 6 }, (_, n) => `${n}`);
  const sent = [...small, ...Array.from({ length: 9 }, (_, n) => `${n + 6} ${large}`), ...small];
  for (const body of sent) await topic.publish(body);
  const seen: unknown[] = [];

  topic.group('g').consume((record) => void seen.push(numberOf(record)), { concurrency: 100 });
  await eventually(() => seen.length === sent.length, 30_000);
  const read: unknown[] = [];
  for await (const record of topic.read({ from: 'beginning' })) {
    if (read.push(numberOf(record)) === sent.length) break;
  }

  const expected = sent.map((body) => numberOf({ body }));
  expect(seen).toEqual(expected);
  expect(read).toEqual(expected);
  expect(largest.get('take')).toBeLessThan(mostInAnAnswer);
  expect(largest.get('read')).toBeLessThan(mostInAnAnswer);
  await eventually(async () => (await topic.group('g').stats()).pending === 0);
}, 60_000);

it('large records that come again do so in several answers', async () => {
  const { connection, largest } = answerSizes(redis.connection());
  const topic = redis.topic<string>({ connection, codec: text() });
  await publishLarge(topic, 6);
  const failed = new Set<unknown>();
  const handled: unknown[] = [];

  topic.group('g').consume(
    async (record) => {
      const name = numberOf(record);
      if (failed.has(name)) return void handled.push(name);
      failed.add(name);
      await eventually(() => failed.size === 6, 30_000);
      throw new Error('Again');
    },
    { concurrency: 10, backoff: () => 50 },
  );
  await eventually(() => handled.length === 6, 40_000);

  expect([...handled].sort()).toEqual(['0', '1', '2', '3', '4', '5']);
  expect(largest.get('take')).toBeLessThan(mostInAnAnswer);
}, 60_000);

it('dead letters are listed and sent again in several answers', async () => {
  const { connection, largest } = answerSizes(redis.connection());
  const topic = redis.topic<string>({ connection, codec: text() });
  await publishLarge(topic, 4);
  const group = topic.group('g');
  const consumer = group.consume((record) => record.deadLetter('no'), { concurrency: 10 });
  await eventually(async () => (await group.deadLetters.count()) === 4, 30_000);
  await consumer.stop();

  const listed = await group.deadLetters.list();

  expect(listed.map(numberOf).sort()).toEqual(['0', '1', '2', '3']);
  expect(largest.get('peek-dead')).toBeLessThan(mostInAnAnswer);
  expect(await group.deadLetters.redrive()).toBe(4);
  expect(await group.deadLetters.count()).toBe(0);
}, 60_000);

it('a new owner of a partition is told of large pending records in several answers, and keeps their place', async () => {
  let rosters = 0;
  const connection = interposed(redis.connection(), (script, run) => {
    if (script === 'roster') rosters += 1;
    return run();
  });
  const topic = redis.topic<string>({ connection, codec: text(), partitions: 1 });
  const group = topic.group('g');
  for (let n = 0; n < 5; n += 1) await topic.publish(`${n} ${large}`, { key: `k${n}` });
  const failed = new Set<unknown>();
  const first = group.consume(
    (record) => {
      failed.add(numberOf(record));
      throw new Error('Much later');
    },
    { concurrency: 5, backoff: () => 60_000 },
  );
  await eventually(() => failed.size === 5, 30_000);
  await first.stop();
  expect((await group.stats()).pending).toBe(5);
  rosters = 0;
  const handled: unknown[] = [];

  group.consume((record) => void handled.push(numberOf(record)), { concurrency: 5 });
  for (let n = 0; n < 5; n += 1) await topic.publish(`${n + 5}`, { key: `k${n}` });
  await topic.publish('z', { key: 'of another' });
  await eventually(() => handled.length > 0, 30_000);

  expect(handled).toEqual(['z']);
  expect(rosters).toBe(5);
}, 60_000);
