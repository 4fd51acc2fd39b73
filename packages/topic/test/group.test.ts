import { setImmediate as tick } from 'node:timers/promises';
import { fixed } from '@redpost/core';
import { expect, it } from 'vitest';
import { eventually } from '../../../tooling/eventually.js';
import { hasNumber } from '../../../tooling/schemas.js';
import type { TopicDelivery } from '../src/index.js';
import { deferred, sessionsOf, useTopics } from './support/topics.js';

const redis = useTopics();
const numbers = (count: number, first = 0) => Array.from({ length: count }, (_, n) => first + n);

async function fill(topic: { publish(n: number): Promise<string> }, count: number, first = 0) {
  return Promise.all(numbers(count, first).map((n) => topic.publish(n)));
}

it('each record goes to one member of the group, and every group gets all', async () => {
  const topic = redis.topic<number>();
  await fill(topic, 500);
  const seen: Record<string, number[]> = { a: [], b: [], other: [] };
  const other = redis.topic<number>({ name: topic.name });
  topic.group('billing').consume(async ({ body }) => seen.a?.push(body), { concurrency: 5 });
  other.group('billing').consume(async ({ body }) => seen.b?.push(body), { concurrency: 5 });
  topic.group('other').consume(async ({ body }) => seen.other?.push(body), { concurrency: 5 });
  await eventually(() => seen.other?.length === 500);
  await fill(topic, 500, 500);
  await eventually(() => (seen.a?.length ?? 0) + (seen.b?.length ?? 0) >= 1000);
  await eventually(() => seen.other?.length === 1000);
  await eventually(async () => (await topic.group('billing').stats()).pending === 0);

  const both = [...(seen.a ?? []), ...(seen.b ?? [])].sort((x, y) => x - y);
  expect(both).toEqual(numbers(1000));
  expect([...(seen.other ?? [])].sort((x, y) => x - y)).toEqual(numbers(1000));
  expect(await topic.group('billing').stats()).toMatchObject({
    lag: 0,
    delayed: 0,
    dead: 0,
    consumers: 2,
    total: { acked: 1000 },
  });
});

it('a group begins at the given place, and continues from its last position', async () => {
  const topic = redis.topic<number>();
  const offsets = await fill(topic, 10);
  const seen: number[] = [];
  const handler = async ({ body }: TopicDelivery<number>) => void seen.push(body);
  const first = topic.group('late', { from: offsets[6] as string }).consume(handler);
  await eventually(() => seen.length === 3);
  await first.stop();
  await fill(topic, 2, 10);
  const second = topic.group('late').consume(handler);
  await eventually(() => seen.length === 5);
  await second.stop();

  expect(seen).toEqual([7, 8, 9, 10, 11]);
  const latest: number[] = [];
  topic.group('latest', { from: 'latest' }).consume(async ({ body }) => void latest.push(body));
  await eventually(async () => (await sessionsOf(topic, 'latest')).length === 1);
  await topic.publish(99);
  await eventually(() => latest.length === 1);
  expect(latest).toEqual([99]);
});

it('a record whose handler throws is retried after its backoff, and then becomes a dead letter', async () => {
  const topic = redis.topic<number>();
  const offset = await topic.publish(7, { key: 'k', headers: { h: 'x' }, id: 'id' });
  const attempts: number[] = [];
  const group = topic.group('billing');
  const nexts: string[] = [];
  const consumer = group.consume(
    async ({ attempt }) => {
      attempts.push(attempt);
      throw new Error(`no ${attempt}`);
    },
    { maxAttempts: 3, backoff: fixed(20) },
  );
  consumer.on('failed', ({ next }) => nexts.push(next.action));
  await eventually(async () => (await group.deadLetters.count()) === 1);

  expect(attempts).toEqual([1, 2, 3]);
  expect(nexts).toEqual(['retry', 'retry', 'dead-letter']);
  expect(await group.deadLetters.list()).toMatchObject([
    {
      offset,
      body: 7,
      key: 'k',
      headers: { h: 'x' },
      id: 'id',
      attempt: 3,
      reason: 'failed',
      error: 'no 3',
    },
  ]);
  expect(await group.stats()).toMatchObject({
    pending: 0,
    dead: 1,
    total: { retried: 2, dead: 1 },
  });
});

it('a redriven dead letter is delivered to its group only, as a new record', async () => {
  const topic = redis.topic<number>();
  await topic.publish(1, { headers: { a: 'b' } });
  const group = topic.group('billing');
  const seen: [number, number, string | undefined][] = [];
  const others: number[] = [];
  group.consume(
    async ({ body, attempt, headers }) => {
      seen.push([body, attempt, headers.a]);
      if (seen.length === 1) throw new Error('not now');
    },
    { maxAttempts: 1 },
  );
  topic.group('other').consume(async ({ body }) => void others.push(body));
  await eventually(async () => (await group.deadLetters.count()) === 1);

  expect(await group.deadLetters.redrive()).toBe(1);
  await eventually(() => seen.length === 2);
  await topic.publish(2);
  await eventually(() => others.length === 2);

  expect(seen.slice(0, 2)).toEqual([
    [1, 1, 'b'],
    [1, 1, 'b'],
  ]);
  expect(others).toEqual([1, 2]);
  expect(await group.deadLetters.count()).toBe(0);
  const read: number[] = [];
  for await (const { body } of topic.read({ from: 'beginning' })) {
    read.push(body);
    if (body === 2) break;
  }
  expect(read).toEqual([1, 2]);
});

it('a record that cannot be read is dead at once, with its bytes and why', async () => {
  const topic = redis.topic<{ n: number }>({ schema: hasNumber });
  for (const fields of [
    ['body', 'nonsense'],
    ['body', '{"n":"x"}'],
    ['other', 'x'],
  ]) {
    await topic.connection.call('XADD', [topic.name, '*', ...fields]);
  }
  const group = topic.group('billing');
  const handled: unknown[] = [];
  group.consume(async ({ body }) => void handled.push(body));
  await eventually(async () => (await group.deadLetters.count()) === 3);

  expect(handled).toEqual([]);
  const dead = await group.deadLetters.list();
  expect(dead.map(({ reason, bytes, body }) => [reason, String(bytes), body])).toEqual([
    ['malformed', 'nonsense', undefined],
    ['invalid', '{"n":"x"}', undefined],
    ['malformed', '', undefined],
  ]);
});

it('ack, retry and deadLetter by hand settle once', async () => {
  const topic = redis.topic<string>();
  for (const body of ['ack', 'retry', 'dead']) await topic.publish(body);
  const group = topic.group('billing');
  const done: string[] = [];
  group.consume(
    async (delivery) => {
      if (delivery.body === 'ack') await delivery.ack();
      if (delivery.body === 'retry' && delivery.attempt === 1) await delivery.retry();
      if (delivery.body === 'dead') await delivery.deadLetter('unwanted');
      done.push(`${delivery.body} ${delivery.attempt}`);
      if (delivery.body !== 'ack') return;
      await expect(delivery.ack()).rejects.toMatchObject({ code: 'ALREADY_SETTLED' });
      await expect(delivery.extend()).rejects.toMatchObject({ code: 'ALREADY_SETTLED' });
    },
    { concurrency: 3 },
  );
  await eventually(() => done.length === 4);

  expect(done.sort()).toEqual(['ack 1', 'dead 1', 'retry 1', 'retry 2']);
  expect(await group.deadLetters.list()).toMatchObject([{ body: 'dead', reason: 'unwanted' }]);
  await eventually(async () => (await group.stats()).pending === 0);
});

it('stop returns pending records at once, without counting an attempt, and leaves no consumer behind', async () => {
  const topic = redis.topic<number>();
  await fill(topic, 300);
  const held: number[] = [];
  const release = deferred();
  const first = topic.group('billing').consume(
    async ({ body, signal }) => {
      held.push(body);
      if (held.length <= 200) return;
      await Promise.race([
        release.promise,
        new Promise((resolve) => signal.addEventListener('abort', resolve)),
      ]);
    },
    { concurrency: 10 },
  );
  await eventually(() => held.length === 210);
  const other = redis.topic<number>({ name: topic.name });
  const attempts = new Map<number, number>();
  other.group('billing').consume(async ({ body, attempt }) => void attempts.set(body, attempt), {
    concurrency: 10,
  });
  await first.stop({ timeoutMs: 50 });

  await eventually(() => new Set([...held.slice(0, 200), ...attempts.keys()]).size === 300, 3000);
  for (const attempt of attempts.values()) expect(attempt).toBe(1);
  await eventually(async () => (await topic.group('billing').stats()).pending === 0);
  const reply = await topic.connection.call('XINFO', ['CONSUMERS', topic.name, 'billing']);
  const names = (reply as Buffer[][]).map(([, name]) => String(name));
  const sessions = await sessionsOf(topic, 'billing');
  expect(sessions).toHaveLength(1);
  expect(names.filter((name) => name !== '~waiting')).toEqual(sessions);
});

it('records that were taken ahead of handlers that have become slow go to other members', async () => {
  const topic = redis.topic<number>();
  await fill(topic, 500);
  const held: number[] = [];
  const release = deferred();
  topic.group('billing').consume(async ({ body }) => {
    held.push(body);
    if (held.length > 200) await release.promise;
  });
  await eventually(() => held.length === 201);
  const other = redis.topic<number>({ name: topic.name });
  const taken = new Set<number>();
  other.group('billing').consume(async ({ body }) => void taken.add(body));

  await eventually(() => taken.size === 299);
  expect(held).toHaveLength(201);
  release.resolve();
});

it('seek takes a group to the beginning, to the end, to an offset and to a date', async () => {
  const topic = redis.topic<number>();
  const { connection, name } = topic;
  for (const n of numbers(5, 1)) await connection.call('XADD', [name, `${n}000-0`, 'body', n]);
  const group = topic.group('billing');
  let seen: number[] = [];
  group.consume(async ({ body }) => void seen.push(body));
  const after = async (to: 'beginning' | 'latest' | string | Date, count: number) => {
    await eventually(async () => (await group.stats()).pending === 0 && (await group.lag()) === 0);
    seen = [];
    await group.seek(to);
    await eventually(() => seen.length === count);
    return seen;
  };
  await eventually(() => seen.length === 5);

  expect(await after('beginning', 5)).toEqual([1, 2, 3, 4, 5]);
  expect(await after('3000-0', 2)).toEqual([4, 5]);
  expect(await after(new Date(3000), 3)).toEqual([3, 4, 5]);
  await group.seek('latest');
  expect(await group.lag()).toBe(0);
  const other = topic.group('never');
  expect(await other.lag()).toBe(5);
  await other.seek(new Date(4000));
  expect(await other.lag()).toBe(2);
});

it('a member that stops before it is subscribed says nothing of it', async () => {
  const topic = redis.topic();
  const { connection } = topic;
  const subscribe = connection.subscribe.bind(connection);
  const late = deferred();
  connection.subscribe = (...args) => late.promise.then(() => subscribe(...args));
  const errors: Error[] = [];
  const consumer = topic.group('brief').consume(async () => {});
  consumer.on('error', (error) => errors.push(error));

  await consumer.stop();
  await connection.close();
  late.resolve();
  await tick();

  expect(errors).toEqual([]);
});
