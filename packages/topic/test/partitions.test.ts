import { fixed } from '@redpost/core';
import { expect, it } from 'vitest';
import { eventually } from '../../../tooling/eventually.js';
import { fill, HandledRecords, numbers } from './support/handled-records.js';
import { deferred, expireLeases, sessionsOf, useTopics } from './support/topics.js';

const redis = useTopics();
it('records of a key are handled in order and one at a time, others at the same time', async () => {
  const topic = redis.topic<number>({ partitions: 4 });
  await fill(topic, 1000);
  const handled = new HandledRecords();
  let most = 0;
  topic.group('billing').consume(
    async (delivery) => {
      most = Math.max(most, handled.running.size + 1);
      await handled.handle(delivery);
    },
    { concurrency: 50 },
  );
  await eventually(() => handled.count === 1000);

  handled.expectOrder(1000);
  expect(most).toBeGreaterThan(5);
});

it('a record that is tried again holds up its key, and no other', async () => {
  const topic = redis.topic<number>({ partitions: 2 });
  await Promise.all(numbers(10).map((n) => topic.publish(n, { key: n % 2 ? 'odd' : 'even' })));
  const done: number[] = [];
  topic.group('billing').consume(
    async ({ body, attempt }) => {
      if (body === 2 && attempt < 3) throw new Error('not yet');
      done.push(body);
    },
    { concurrency: 10, backoff: fixed(60) },
  );
  await eventually(() => done.length === 10);

  expect(done.filter((n) => n % 2)).toEqual([1, 3, 5, 7, 9]);
  expect(done.filter((n) => n % 2 === 0)).toEqual([0, 2, 4, 6, 8]);
  expect(done.indexOf(9)).toBeLessThan(done.indexOf(2));
});

it('partitions move when a member joins and when it leaves, and no two members have the same one', async () => {
  const topic = redis.topic<number>({ partitions: 4 });
  const handled = new HandledRecords();
  const members = [topic, redis.topic<number>({ name: topic.name, partitions: 4 })];
  const options = { concurrency: 10 };
  const [first] = members.map((member) => member.group('billing'));
  const a = first?.consume((delivery) => handled.handle(delivery), options);
  await eventually(() => a?.partitions.length === 4);
  let next = 0;
  let isPublishing = true;
  const publishing = (async () => {
    while (isPublishing) {
      await fill(topic, 40, next);
      next += 40;
      await eventually(() => handled.count > next - 400);
    }
  })();
  await eventually(() => handled.count > 200);
  const b = members[1]?.group('billing').consume((delivery) => handled.handle(delivery), options);
  await eventually(() => a?.partitions.length === 2 && b?.partitions.length === 2);
  expect([...(a?.partitions ?? []), ...(b?.partitions ?? [])].sort()).toEqual([0, 1, 2, 3]);
  const seen = handled.count;
  await eventually(() => handled.count > seen + 400);
  await a?.stop();
  await eventually(() => b?.partitions.length === 4);
  isPublishing = false;
  await publishing;
  await eventually(() => handled.count >= next);

  handled.expectOrder(next);
  // Acknowledgements travel with the next take.
  await eventually(async () => (await topic.group('billing').stats()).pending === 0);
  expect(await topic.group('billing').stats()).toMatchObject({ lag: 0, pending: 0, dead: 0 });
});

it('a member that dies leaves its partitions to others, in order', async () => {
  const topic = redis.topic<number>({ partitions: 2 });
  await fill(topic, 200);
  const victim = redis.topic<number>({ name: topic.name, partitions: 2 });
  const handled = new HandledRecords();
  const dead = victim.group('billing').consume(
    async (delivery) => {
      if (handled.count >= 50) await new Promise(() => {});
      await handled.handle(delivery);
    },
    { concurrency: 10 },
  );
  dead.on('error', () => {});
  await eventually(() => handled.count >= 50);
  await eventually(
    async () => (await topic.group('billing').stats()).total.acked === handled.count,
  );
  await victim.connection.close();
  await dead.stop({ timeoutMs: 0 });
  handled.running.clear();
  const owners = await Promise.all([0, 1].map((at) => sessionsOf(topic, 'billing', at)));
  const successor = topic.group('billing').consume((delivery) => handled.handle(delivery), {
    concurrency: 10,
    leaseMs: 300,
  });
  // While the leases last, nobody else gets the partitions.
  await eventually(async () => {
    const count = await topic.connection.call('ZCARD', [`{${topic.name}}:members:billing`]);
    return Number(count) === 2;
  });
  expect(successor.partitions).toEqual([]);
  // As if the leases of the dead member had run out.
  await topic.connection.call('DEL', [`{${topic.name}}:members:billing`]);
  for (const at of [0, 1]) await expireLeases(topic, 'billing', owners[at] ?? [], at);
  await eventually(() => handled.count === 200);

  handled.expectOrder(200);
});

it('one partition is an order for a whole topic, and still the stream of its name', async () => {
  const topic = redis.topic<number>({ partitions: 1 });
  await fill(topic, 50);
  expect(Number(await topic.connection.call('XLEN', [topic.name]))).toBe(50);
  const handled = new HandledRecords();
  const a = topic.group('g').consume((delivery) => handled.handle(delivery), { concurrency: 5 });
  const other = redis.topic<number>({ name: topic.name, partitions: 1 });
  const b = other.group('g').consume((delivery) => handled.handle(delivery), { concurrency: 5 });
  await eventually(() => handled.count === 50);
  handled.expectOrder(50);
  // Nobody has it for a moment when it goes to the other one.
  await eventually(() => a.partitions.length + b.partitions.length === 1);
});

it('a partition waits for the handlers that run when it has to move', async () => {
  const topic = redis.topic<number>({ partitions: 2 });
  const release = deferred();
  const seen: string[] = [];
  for (const key of ['a', 'b', 'c', 'd']) await topic.publish(1, { key });
  const a = topic.group('g').consume(
    async ({ key }) => {
      seen.push(`a ${key}`);
      await release.promise;
    },
    { concurrency: 10 },
  );
  await eventually(() => seen.length === 4);
  const other = redis.topic<number>({ name: topic.name, partitions: 2 });
  const b = other.group('g').consume(async ({ key }) => void seen.push(`b ${key}`), {
    concurrency: 10,
  });
  await eventually(async () => {
    const count = await topic.connection.call('ZCARD', [`{${topic.name}}:members:g`]);
    return Number(count) === 2;
  });
  expect(b.partitions).toEqual([]);
  release.resolve();
  await eventually(() => a.partitions.length === 1 && b.partitions.length === 1);

  expect(seen.length).toBe(4);
});

it('many records that wait for a retried one do not delay the retry', async () => {
  const topic = redis.topic<number>({ partitions: 1 });
  await Promise.all(numbers(500).map((n) => topic.publish(n, { key: 'same' })));
  const done: number[] = [];
  let failures = 0;
  topic.group('g').consume(
    async ({ body }) => {
      failures += 1;
      if (failures % 50 === 1) throw new Error('once more');
      done.push(body);
    },
    { concurrency: 200, backoff: fixed(30) },
  );
  await eventually(() => done.length === 500);

  expect(done).toEqual(numbers(500));
});

it('a key continues after a seek that repeated a record in work, which then fails', async () => {
  const topic = redis.topic<number>({ partitions: 1 });
  const group = topic.group('g', { from: 'beginning' });
  const working = deferred();
  const done: number[] = [];
  let attempts = 0;
  group.consume(
    async ({ body }) => {
      attempts += 1;
      if (attempts === 2) await working.promise;
      if (attempts <= 2) throw new Error('not yet');
      done.push(body);
    },
    { concurrency: 5, backoff: () => 0, leaseMs: 60_000 },
  );
  await topic.publish(1, { key: 'k' });
  await eventually(() => attempts === 2);
  await group.seek('beginning');
  const inWork = async () => (await group.stats()).lag === 0;
  await eventually(inWork);
  working.resolve();
  await topic.publish(2, { key: 'k' });

  await eventually(() => done.includes(2));
});
