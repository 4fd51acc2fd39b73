import { fixed } from '@redpost/core';
import { expect, it } from 'vitest';
import { eventually } from '../../../tooling/eventually.js';
import { busyMs } from '../../../tooling/machine-pace.js';
import { deferred, expireLeases, sessionsOf, useTopics } from './support/topics.js';

const redis = useTopics();

it('a long handler keeps its record for as long as it beats', async () => {
  const topic = redis.topic<number>();
  const leaseMs = busyMs(300);
  await topic.publish(1);
  const seen: string[] = [];
  const release = deferred();
  topic.group('billing').consume(
    async () => {
      seen.push('first');
      await release.promise;
    },
    { leaseMs },
  );
  await eventually(() => seen.length === 1);
  const other = redis.topic<number>({ name: topic.name });
  other.group('billing').consume(async () => void seen.push('second'), { leaseMs });
  const start = performance.now();
  await eventually(() => performance.now() - start > 4 * leaseMs, 10 * leaseMs);
  release.resolve();

  await eventually(async () => (await topic.group('billing').stats()).pending === 0);
  expect(seen).toEqual(['first']);
});

it('records whose acknowledgements Redis has lost are delivered again', async () => {
  const topic = redis.topic<number>();
  const group = topic.group('billing');
  await topic.publishBatch([1, 2].map((body) => ({ body })));
  const release = deferred();
  const handled: number[] = [];
  group.consume(
    async ({ body }) => {
      handled.push(body);
      if (body === 2) await release.promise;
    },
    { leaseMs: busyMs(300) },
  );
  await eventually(async () => handled.length === 2 && (await group.stats()).pending === 1);

  // As after a failover, or a restart with a log that lacks its end.
  const [consumer] = await sessionsOf(topic, 'billing');
  const [first] = (await topic.connection.call('XRANGE', [topic.name, '-', '+', 'COUNT', 1])) as [
    [Buffer],
  ];
  await topic.connection.call('XCLAIM', [
    ...[topic.name, 'billing', consumer as string, 0, String(first[0])],
    'FORCE',
  ]);
  release.resolve();

  await eventually(async () => handled.length === 3 && (await group.stats()).pending === 0);
  expect(handled).toEqual([1, 2, 1]);
});

it('the records of a dead consumer go to other members, and its stale ack is reported as lost', async () => {
  const topic = redis.topic<number>();
  await topic.publish(1);
  const release = deferred();
  const stale = deferred<unknown>();
  const lost: number[] = [];
  const consumer = topic.group('billing').consume(async (delivery) => {
    if (delivery.attempt > 1) return;
    await release.promise;
    stale.resolve(await delivery.ack().catch((error) => error));
  });
  consumer.on('lost', ({ deliveries }) => lost.push(...deliveries.map(({ body }) => body)));
  await eventually(async () => (await topic.group('billing').stats()).pending === 1);
  const dying = await sessionsOf(topic, 'billing');
  const other = redis.topic<number>({ name: topic.name });
  const rescued = deferred<number>();
  const hold = deferred();
  const rescuer = other.group('billing').consume(
    async ({ attempt }) => {
      rescued.resolve(attempt);
      await hold.promise;
    },
    { leaseMs: 300 },
  );
  const recovered: number[] = [];
  rescuer.on('recovered', ({ returned }) => recovered.push(returned));
  await expireLeases(topic, 'billing', dying);

  expect(await rescued.promise).toBe(2);
  release.resolve();
  expect(await stale.promise).toMatchObject({ code: 'LEASE_LOST' });
  expect((await topic.group('billing').stats()).pending).toBe(1);
  hold.resolve();
  await eventually(async () => (await topic.group('billing').stats()).pending === 0);
  await eventually(() => lost.length === 1);
  expect([lost, recovered]).toEqual([[1], [1]]);
});

it('a record that kills its consumers becomes a dead letter after maxAttempts, the records beside it do not', async () => {
  const topic = redis.topic<string>();
  for (const body of ['a', 'poison', 'b', 'c']) await topic.publish(body);
  const handled = new Set<string>();
  for (let crash = 1; crash <= 3; crash += 1) {
    const victim = redis.topic<string>({ name: topic.name });
    const begun = new Set<string>();
    const consumer = victim.group('billing').consume(
      async ({ body }) => {
        begun.add(body);
        if (crash === 1 || body === 'poison') await new Promise(() => {});
        handled.add(body);
      },
      { concurrency: 4, maxAttempts: 3 },
    );
    consumer.on('error', () => {}); // Its connection is closed under it.
    await eventually(() => begun.has('poison') && (crash > 1 || begun.size === 4));
    await eventually(async () => (await topic.group('billing').stats()).consumers === 1);
    await victim.connection.close();
    await consumer.stop({ timeoutMs: 0 });
    await expireLeases(topic, 'billing', await sessionsOf(topic, 'billing'));
  }
  topic.group('billing').consume(async ({ body }) => void handled.add(body), {
    concurrency: 4,
    maxAttempts: 3,
  });
  await eventually(() => handled.size === 3);
  await eventually(async () => (await topic.group('billing').deadLetters.count()) === 1);

  expect(handled).toEqual(new Set(['a', 'b', 'c']));
  expect(await topic.group('billing').deadLetters.list()).toMatchObject([
    { body: 'poison', reason: 'crashed', attempt: 3 },
  ]);
});

it('records that a consumer of another client left idle go to other members', async () => {
  const topic = redis.topic<number>();
  const { connection, name } = topic;
  await topic.publish(1);
  await connection.call('XGROUP', ['CREATE', name, 'billing', '0']);
  await connection.call('XREADGROUP', ['GROUP', 'billing', 'x', 'STREAMS', name, '>']);
  const attempts: number[] = [];
  topic.group('billing').consume(async ({ attempt }) => void attempts.push(attempt), {
    leaseMs: 150,
  });

  await eventually(() => attempts.length === 1);
  expect(attempts).toEqual([2]);
});

it('records that were trimmed while they waited are reported, and delay no other records', async () => {
  const topic = redis.topic<number>();
  const offset = await topic.publish(1);
  const trimmed: string[] = [];
  const seen: number[] = [];
  const consumer = topic.group('billing').consume(
    async ({ body }) => {
      seen.push(body);
      if (body === 1) throw new Error('later');
    },
    { backoff: fixed(300) },
  );
  consumer.on('trimmed', ({ offsets }) => trimmed.push(...offsets));
  await eventually(async () => (await topic.group('billing').stats()).delayed === 1);
  await topic.connection.call('XTRIM', [topic.name, 'MAXLEN', 0]);
  await topic.publish(2);

  await eventually(() => trimmed.length === 1 && seen.length === 2);
  expect(trimmed).toEqual([offset]);
  expect(seen).toEqual([1, 2]);
  await eventually(async () => (await topic.group('billing').stats()).pending === 0);
});

it('a group that is missing in Redis is created again, and this is reported', async () => {
  const topic = redis.topic<number>();
  await topic.publish(1);
  const seen: number[] = [];
  const consumer = topic.group('billing').consume(async ({ body }) => void seen.push(body));
  let recreated = 0;
  consumer.on('recreated', () => {
    recreated += 1;
  });
  await eventually(() => seen.length === 1);
  await topic.connection.call('XGROUP', ['DESTROY', topic.name, 'billing']);
  await topic.publish(2);

  await eventually(() => recreated === 1 && seen.length === 3);
  expect(seen).toEqual([1, 1, 2]);
});

it('a group survives FLUSHALL', async () => {
  const own = redis.topic<number>({ name: 'flushed' });
  const seen: number[] = [];
  let recreated = 0;
  const consumer = own.group('billing').consume(async ({ body }) => void seen.push(body), {
    leaseMs: 600,
  });
  consumer.on('recreated', () => {
    recreated += 1;
  });
  await own.publish(1);
  await eventually(() => seen.length === 1);
  await own.connection.call('FLUSHALL', []);
  await own.publish(2);

  await eventually(() => seen.length === 2 && recreated === 1);
  expect(seen).toEqual([1, 2]);
});
