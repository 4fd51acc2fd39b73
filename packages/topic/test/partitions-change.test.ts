import { fixed } from '@redpost/core';
import { expect, it } from 'vitest';
import { eventually } from '../../../tooling/eventually.js';
import { interposed } from '../../../tooling/interposed.js';
import { listTopics } from '../src/index.js';
import { openTopic, type TestTopic, take, uniqueName, useTopics } from './support/topics.js';

const redis = useTopics();
const numbers = (count: number, first = 0) => Array.from({ length: count }, (_, n) => first + n);
const keyOf = (n: number) => `key ${n % 20}`;

async function fill(topic: TestTopic<number>, count: number, first = 0): Promise<void> {
  await Promise.all(numbers(count, first).map((n) => topic.publish(n, { key: keyOf(n) })));
}

/** Notes in which order records of a key are handled, and whether two of them ever overlapped. */
class HandledRecords {
  readonly byKey = new Map<string, number[]>();
  readonly running = new Set<string>();
  overlaps = 0;
  count = 0;

  async handle({ key = '', body }: { key: string | undefined; body: number }): Promise<void> {
    if (this.running.has(key)) this.overlaps += 1;
    this.running.add(key);
    await new Promise(setImmediate);
    this.byKey.set(key, [...(this.byKey.get(key) ?? []), body]);
    this.running.delete(key);
    this.count += 1;
  }

  expectOrder(count: number): void {
    expect(this.overlaps).toBe(0);
    expect([...this.byKey.values()].flat().sort((a, b) => a - b)).toEqual(numbers(count));
    for (const bodies of this.byKey.values()) {
      expect(bodies).toEqual([...bodies].sort((a, b) => a - b));
    }
  }
}

/** A consumer that has its leases renewed rarely, so that only signals can wake it. */
const options = { concurrency: 10, leaseMs: 60_000 };

it.each([
  { from: undefined, to: 4 },
  { from: 1, to: 4 },
  { from: 2, to: 5 },
  { from: 5, to: 2 },
  { from: 4, to: 1 },
])('from $from to $to partitions, while it works: keys keep their order', async ({ from, to }) => {
  const topic = redis.topic<number>({ partitions: from });
  const reading = topic.read({ from: 'beginning' });
  // Without partitions there is no order in a group.
  const handled = new HandledRecords();
  const concurrency = from === undefined ? 1 : 10;
  const consume = (end: TestTopic<number>) =>
    end.group('g').consume((delivery) => handled.handle(delivery), { ...options, concurrency });
  consume(topic);
  const other = redis.topic<number>({ name: topic.name, partitions: from });
  if (from !== undefined) consume(other);
  await fill(topic, 100);
  const publishing = (async () => {
    for (let n = 1; n < 6; n += 1) await fill(topic, 100, n * 100);
  })();
  const info = await redis.topic<number>({ name: topic.name, partitions: from }).partitions.set(to);
  await publishing;
  await eventually(() => handled.count === 600);

  expect(info.count).toBe(to);
  handled.expectOrder(600);
  await eventually(async () => (await topic.partitions.get()).isMoving === false);
  const read = new HandledRecords();
  for (const record of await take(reading, 600)) await read.handle(record);
  read.expectOrder(600);
  expect(await topic.group('g').stats()).toMatchObject({ lag: 0, pending: 0, dead: 0 });
  expect(await topic.stats()).toEqual({ length: 600, cut: 0 });
});

it('programs with any number go on, and new ones learn the number', async () => {
  const topic = redis.topic<number>({ partitions: 2 });
  await topic.publish(1, { key: 'k' });
  const old = redis.topic<number>({ name: topic.name, partitions: 2 });
  await old.publish(2, { key: 'k' });
  await topic.partitions.set(3);

  await old.publish(3, { key: 'k' });
  await redis.topic<number>({ name: topic.name }).publish(4, { key: 'k' });
  const last = redis.topic<number>({ name: topic.name, partitions: 7 });
  await last.publish(5, { key: 'k' });

  const info = await last.partitions.get();
  expect(info).toMatchObject({ count: 3, isMoving: false });
  expect(info.partitions.map(({ partition }) => partition)).toEqual([0, 1, 2, 3, 4]);
  expect(info.partitions.map(({ isFormer }) => isFormer)).toEqual([
    true,
    true,
    false,
    false,
    false,
  ]);
  const read = await take(topic.read({ from: 'beginning' }), 5);
  expect(read.map(({ body }) => body)).toEqual([1, 2, 3, 4, 5]);
  expect((await topic.partitions.stats()).map(({ length }) => length)).toHaveLength(5);
  const listed = await listTopics(topic.connection);
  expect(listed).toContainEqual(expect.objectContaining({ name: topic.name, partitions: 3 }));
});
