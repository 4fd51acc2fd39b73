import { expect, it } from 'vitest';
import { eventually } from '../../../tooling/eventually.js';
import { interposed } from '../../../tooling/interposed.js';
import { deferred, type TestTopic, useTopics } from './support/topics.js';

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

it('removed records do not count when the group has read past them', async () => {
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

it('a topic that was emptied has no lag, and later records count', async () => {
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

it('the lag of a group that takes large records is exact, and since Redis 7 nothing has to be counted for it', async () => {
  let counts = 0;
  const connection = interposed(redis.connection(), (script, run) => {
    if (script === 'backlog') counts += 1;
    return run();
  });
  const topic = redis.topic<string>({ connection });
  await topic.publish('small');
  const large = 'x'.repeat(2_000_000);
  for (const n of numbers(8)) await topic.publish(`${n} ${large}`);
  const group = topic.group('g');
  const done = deferred();
  let started = 0;
  const handler = () => {
    started += 1;
    return done.promise;
  };
  group.consume(handler, { concurrency: 3 });
  await eventually(() => started === 3);

  expect(await group.stats()).toMatchObject({ lag: 6, pending: 3 });
  const info = String(await connection.call('XINFO', ['GROUPS', topic.name]));
  if (info.includes('entries-read')) expect(counts).toBe(0);
  done.resolve();
  await eventually(() => started === 9);
  expect(await group.lag()).toBe(0);
});
