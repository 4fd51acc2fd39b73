import { expect, it } from 'vitest';
import { type TestTopic, useTopics } from './support/topics.js';

const redis = useTopics();
const numbers = (count: number, first = 0) => Array.from({ length: count }, (_, n) => first + n);

/** A topic of 3000 records, and a group that was given the first 500 of them. */
async function halfRead(): Promise<TestTopic<number>> {
  const topic = redis.topic<number>();
  await Promise.all(numbers(3000).map((n) => topic.publish(n)));
  await topic.group('g').seek('beginning');
  await read(topic, 500);
  return topic;
}

/** As another client would, so that the numbers are exact. */
async function read(topic: TestTopic<number>, count: number): Promise<void> {
  const rest = ['COUNT', count, 'STREAMS', topic.name, '>'] as const;
  await topic.connection.call('XREADGROUP', ['GROUP', 'g', 'c', 'NOACK', ...rest]);
}

it('records that were trimmed before the group had read them do not count', async () => {
  const topic = await halfRead();
  await topic.connection.call('XTRIM', [topic.name, 'MAXLEN', 1200]);
  expect(await topic.group('g').lag()).toBe(1200);
  expect(await topic.group('g').stats()).toMatchObject({ lag: 1200, pending: 0 });
});

it('they do not count either when the group has read on behind them', async () => {
  const topic = await halfRead();
  await topic.connection.call('XTRIM', [topic.name, 'MAXLEN', 1200]);
  await read(topic, 2);
  expect(await topic.group('g').lag()).toBe(1198);
  await read(topic, 1098);
  expect(await topic.group('g').lag()).toBe(100);
});

it('records that were deleted one by one before the group had read them do not count', async () => {
  const topic = await halfRead();
  const reply = await topic.connection.call('XREVRANGE', [topic.name, '+', '-', 'COUNT', 20]);
  const offsets = (reply as [Buffer, Buffer[]][]).map(([offset]) => offset);
  await topic.connection.call('XDEL', [topic.name, ...offsets]);
  expect(await topic.group('g').lag()).toBe(2480);
});

it('a topic that was emptied has no lag, and what follows counts', async () => {
  const topic = await halfRead();
  await topic.connection.call('XTRIM', [topic.name, 'MAXLEN', 0]);
  expect(await topic.group('g').lag()).toBe(0);
  await topic.publish(1);
  expect(await topic.group('g').lag()).toBe(1);
});

it('the lag of a group in several partitions is that of all of them', async () => {
  const topic = redis.topic<number>({ partitions: 3 });
  await Promise.all(numbers(300).map((n) => topic.publish(n, { key: `k${n}` })));
  await topic.group('g').seek('beginning');
  expect(await topic.group('g').lag()).toBe(300);
});
