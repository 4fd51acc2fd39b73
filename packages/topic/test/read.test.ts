import { text } from '@redpost/core';
import { expect, it } from 'vitest';
import { eventually } from '../../../tooling/eventually.js';
import { isBeforeRedis7 } from '../../../tooling/redis-version.js';
import { hasNumber } from '../../../tooling/schemas.js';
import type { TopicRecord, TrimmedGap } from '../src/index.js';
import { deferred, isWaiting, killWaiting, take, useTopics } from './support/topics.js';

const redis = useTopics();
const numbers = (count: number, first = 0) => Array.from({ length: count }, (_, n) => first + n);

async function fill(topic: { publish(n: number): Promise<string> }, count: number, first = 0) {
  return Promise.all(numbers(count, first).map((n) => topic.publish(n)));
}

it('a late subscriber reads the backlog and then new records, without a gap or a duplicate', async () => {
  const topic = redis.topic<number>();
  await fill(topic, 1200);
  const reader = topic.read({ from: 'beginning' });
  const seen: number[] = [];
  let next = 1200;
  // Publishes all the while, across the seam.
  const publishing = (async () => {
    while (next < 3500) {
      await fill(topic, 37, next);
      next += 37;
    }
  })();
  for await (const { body } of reader) {
    seen.push(body);
    if (seen.length === 3500) break;
  }
  await publishing;

  expect(seen).toEqual(numbers(3500));
});

it("any client's XADD is a publisher, and a record tells all there is to it", async () => {
  const topic = redis.topic<{ a: number }>();
  const headers = '{"trace":"t"}';
  const args = ['5-1', 'body', '{"a":1}', 'key', 'k', 'headers', headers, 'id', 'x', 'other', 'y'];
  await topic.connection.call('XADD', [topic.name, ...args]);

  const [record] = await take(topic.read({ from: 'beginning' }), 1);

  expect(record).toEqual({
    offset: '5-1',
    partition: 0,
    body: { a: 1 },
    key: 'k',
    headers: { trace: 't' },
    id: 'x',
    publishedAt: new Date(5),
  });
});

it('latest reads the records that are published from the call on', async () => {
  const topic = redis.topic<number>();
  await fill(topic, 3);
  const reader = topic.read({ from: 'latest' });
  await topic.publish(3);

  expect((await take(reader, 1))[0]?.body).toBe(3);
});

it('reads on after an offset, and from a date', async () => {
  const topic = redis.topic<number>({ codec: text() as never });
  for (const ms of [1000, 2000, 3000]) {
    await topic.connection.call('XADD', [topic.name, `${ms}-0`, 'body', `${ms}`]);
  }
  const first = async (from: string | Date) => (await take(topic.read({ from }), 1))[0]?.offset;

  expect(await first('1000-0')).toBe('2000-0');
  expect(await first('1500-7')).toBe('2000-0');
  expect(await first(new Date(2000))).toBe('2000-0');
  expect(await first(new Date(2001))).toBe('3000-0');
  expect(await first(new Date(0))).toBe('1000-0');
  expect(() => topic.read({ from: 'nowhere' })).toThrow(/a Date, got "nowhere"/);
});

it('an idle reader gets a new record at once, and ends by its signal without an error', async () => {
  const topic = redis.topic<number>();
  const controller = new AbortController();
  const seen: TopicRecord<number>[] = [];
  const reading = (async () => {
    for await (const record of topic.read({ signal: controller.signal })) seen.push(record);
  })();
  await eventually(() => isWaiting(topic.connection));
  await topic.publish(1);
  await eventually(() => seen.length === 1);
  await eventually(() => isWaiting(topic.connection));

  controller.abort();
  await reading;
  await eventually(async () => !(await isWaiting(topic.connection)));
});

it.each(['call', 'run'] as const)(
  'a reader ends by its signal also while Redis does not answer a %s',
  async (method) => {
    const asked = deferred();
    const silent = new Proxy(redis.connection(), {
      get(target, name) {
        const value = Reflect.get(target, name) as unknown;
        if (name !== method) return typeof value === 'function' ? value.bind(target) : value;
        return () => {
          asked.resolve();
          return new Promise(() => {});
        };
      },
    });
    const topic = redis.topic<number>({ connection: silent });
    const controller = new AbortController();
    const next = topic.read({ signal: controller.signal }).next();
    await asked.promise;
    controller.abort();

    expect(await next).toEqual({ done: true, value: undefined });
  },
);

it('a broken connection leaves out nothing and doubles nothing', async () => {
  const topic = redis.topic<number>();
  const seen: number[] = [];
  const reading = (async () => {
    for await (const { body } of topic.read({ from: 'beginning' })) {
      seen.push(body);
      if (body === 299) break;
    }
  })();
  const other = redis.topic<number>({ name: topic.name });
  for (let round = 0; round < 3; round += 1) {
    await eventually(() => isWaiting(other.connection));
    await killWaiting(other.connection);
    await fill(other, 100, round * 100);
    await eventually(() => seen.length === (round + 1) * 100);
  }
  await reading;

  expect(seen).toEqual(numbers(300));
});

it('a record that cannot be read is reported with its bytes, and does not end the reading', async () => {
  const topic = redis.topic<{ n: number }>({ schema: hasNumber });
  const unreadable: [string, string, string][] = [];
  topic.on('unreadable', ({ offset, bytes, error }) =>
    unreadable.push([offset, String(bytes), (error as Error & { code: string }).code]),
  );
  const entries = [
    ['1-1', 'body', 'nonsense'],
    ['2-1', 'body', '{"n":"x"}'],
    ['3-1', 'else', 'y'],
    ['4-1', 'body', '{"n":4}', 'headers', '[]'],
    ['5-1', 'body', '{"n":5}'],
  ];
  for (const entry of entries) await topic.connection.call('XADD', [topic.name, ...entry]);

  expect((await take(topic.read({ from: 'beginning' }), 1))[0]?.body).toEqual({ n: 5 });
  expect(unreadable).toEqual([
    ['1-1', 'nonsense', 'DECODE'],
    ['2-1', '{"n":"x"}', 'VALIDATION'],
    ['3-1', '', 'DECODE'],
    ['4-1', '{"n":4}', 'DECODE'],
  ]);
});

it('a reader whose place was trimmed away is told how many records it missed', async ({ skip }) => {
  const topic = redis.topic<number>();
  // What is told there is in topic-old-redis.test.ts.
  if (await isBeforeRedis7(topic.connection)) skip('Redis 6.2 does not count what was added');
  await fill(topic, 10);
  const reader = topic.read({ from: 'beginning' });
  const read = await take(reader, 10);
  const after = read.at(-1)?.offset;
  // Past what was read ahead.
  await eventually(() => isWaiting(topic.connection));
  await topic.connection.call('MULTI', []);
  for (const n of numbers(20, 10))
    await topic.connection.call('XADD', [topic.name, '*', 'body', n]);
  await topic.connection.call('XTRIM', [topic.name, 'MAXLEN', 5]);
  await topic.connection.call('EXEC', []);

  await expect(take(reader, 1)).rejects.toMatchObject({
    code: 'TRIMMED',
    gap: { partition: 0, after, missed: 15 },
  });
});

it('with onTrimmed, reading continues after the gap', async () => {
  const topic = redis.topic<number>();
  const [first] = await fill(topic, 10);
  await topic.connection.call('XTRIM', [topic.name, 'MAXLEN', 3]);
  const gaps: TrimmedGap[] = [];

  const reader = topic.read({ from: first as string, onTrimmed: (gap) => gaps.push(gap) });
  const read = await take(reader, 3);

  expect(read.map(({ body }) => body)).toEqual([7, 8, 9]);
  expect(gaps).toEqual([
    { partition: 0, after: first, oldest: read[0]?.offset, missed: undefined },
  ]);
});

it('a reader that has read all records is not told when they are trimmed', async () => {
  const topic = redis.topic<number>();
  await fill(topic, 10);
  const reader = topic.read({ from: 'beginning' });
  await take(reader, 10);
  await eventually(() => isWaiting(topic.connection));
  await topic.connection.call('XTRIM', [topic.name, 'MAXLEN', 0]);
  await topic.publish(10);

  expect((await take(reader, 1))[0]?.body).toBe(10);
});

it('all partitions are read, each in order', async () => {
  const topic = redis.topic<number>({ partitions: 3 });
  const all = numbers(300);
  await Promise.all(all.slice(0, 150).map((n) => topic.publish(n, { key: `k${n % 10}` })));
  const reader = topic.read({ from: 'beginning' });
  const read = await take(reader, 150);
  await Promise.all(all.slice(150).map((n) => topic.publish(n, { key: `k${n % 10}` })));
  read.push(...(await take(reader, 150)));

  expect(read.map(({ body }) => body).sort((a, b) => a - b)).toEqual(all);
  for (const key of numbers(10).map((n) => `k${n}`)) {
    const ofKey = read.filter((record) => record.key === key).map(({ body }) => body);
    expect(ofKey).toEqual([...ofKey].sort((a, b) => a - b));
    expect(ofKey.length).toBe(30);
  }
  const [one] = await take(topic.read({ partition: 1, from: 'beginning' }), 1);
  expect(one?.partition).toBe(1);
  expect(() => topic.read({ from: '5-0' })).toThrow(/option `partition`/);
});
