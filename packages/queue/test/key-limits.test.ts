import { expect, it } from 'vitest';
import { eventually } from '../../../tooling/eventually.js';
import { rejection } from '../../../tooling/rejection.js';
import type { QueueLimitChanges } from '../src/index.js';
import { consumersOf, expireLeases } from './support/in-redis.js';
import { scriptedConsumer } from './support/scripted-consumer.js';
import { openConnection, useRedis } from './support/use-redis.js';

const redis = useRedis();

it('keyConcurrency bounds how many messages of a key are active, over several consumers', async () => {
  const queue = redis.queue<number>();
  await queue.limits.set({ keyConcurrency: 3 });
  const running = new Map<string, number>();
  const most = new Map<string, number>();
  let handled = 0;
  for (const end of [queue, redis.otherEnd(queue)]) {
    end.consume(
      async ({ key = '' }) => {
        running.set(key, (running.get(key) ?? 0) + 1);
        most.set(key, Math.max(most.get(key) ?? 0, running.get(key) ?? 0));
        await queue.stats();
        running.set(key, (running.get(key) ?? 0) - 1);
        handled += 1;
      },
      { concurrency: 10 },
    );
  }
  const items = Array.from({ length: 300 }, (_, body) => ({ body, key: `key ${body % 2}` }));
  await queue.sendBatch(items);
  await eventually(() => handled === 300);
  expect([...most.values()]).toEqual([3, 3]);
});

it('a keyConcurrency that is raised and lowered holds for what is taken from then on', async () => {
  const queue = redis.queue<number>();
  await queue.sendBatch(Array.from({ length: 9 }, (_, body) => ({ body, key: 'k' })));
  const receive = async () => (await queue.receive({ timeoutMs: 0 }))?.body;
  expect(await receive()).toBe(0);
  expect(await receive()).toBeUndefined();
  await queue.limits.set({ keyConcurrency: 3 });
  const second = await queue.receive({ timeoutMs: 5000 });
  expect(second?.body).toBe(1);
  expect(await receive()).toBe(2);
  expect(await receive()).toBeUndefined();
  await queue.limits.set({ keyConcurrency: 1 });
  await second?.ack();
  expect(await receive()).toBeUndefined();
  expect(await queue.limits.get()).toEqual({ keyConcurrency: 1 });
});

it('a limit that is raised and lowered again before anything is leased still holds for what is active', async () => {
  const queue = redis.queue<number>();
  await queue.send(0, { key: 'k' });
  const first = await queue.receive();
  await queue.limits.set({ keyConcurrency: 2 });
  await queue.send(1, { key: 'k' });
  await queue.limits.set({ keyConcurrency: null });
  expect(await queue.receive({ timeoutMs: 100 })).toBeUndefined();
  await first?.ack();
  expect((await queue.receive({ timeoutMs: 5000 }))?.body).toBe(1);
});

it('a start that was made under a former keyRate is not given back with a message that has not started', async () => {
  const queue = redis.queue<number>();
  await queue.sendBatch([0, 1].map((body) => ({ body, key: 'k' })));
  const { lease, release, confirm } = await scriptedConsumer(queue);
  const limit = async (limits: QueueLimitChanges) => {
    let isSet = false;
    const setting = queue.limits.set(limits).then(() => {
      isSet = true;
    });
    await eventually(async () => {
      await confirm();
      return isSet;
    });
    await setting;
  };
  const keyRate = { max: 1, perMs: 60_000 };
  await limit({ keyRate });
  await lease(1, 0);
  await limit({ keyRate: null });
  await lease(0, 1, { acked: { batches: [], receipts: [0], expired: 0 }, rans: [[1]] });
  await lease(1, 1);
  await limit({ keyRate });
  expect(await release([1], { wereStarted: false })).toBe(1);
  await lease(0, 2, { count: 1 });
});

it('keyRate bounds the starts of each key in any window, and other keys go on', async () => {
  const queue = redis.queue<number>();
  const perMs = 500;
  await queue.limits.set({ keyRate: { max: 5, perMs } });
  const starts: Record<string, number[]> = { slow: [], other: [] };
  for (const end of [queue, redis.otherEnd(queue)]) {
    end.consume(({ key }) => void starts[key as string]?.push(performance.now()), {
      concurrency: 5,
    });
  }
  await queue.sendBatch(Array.from({ length: 30 }, (_, body) => ({ body, key: 'slow' })));
  await queue.send(0, { key: 'other' });
  await eventually(() => starts.other?.length === 1, 2000);
  await eventually(() => starts.slow?.length === 30, 15_000);
  const times = starts.slow as number[];
  for (const from of times) {
    expect(times.filter((at) => at >= from && at < from + perMs).length).toBeLessThanOrEqual(5);
  }
});

it.each([
  ['is raised', { max: 100, perMs: 1000 }],
  ['is taken away', null],
])('keys that have reached a keyRate go on at once when it %s', async (_, keyRate) => {
  const queue = redis.queue<string>();
  await queue.limits.set({ keyRate: { max: 1, perMs: 3_600_000 } });
  const handled: string[] = [];
  queue.consume(
    ({ body, attempt }) => {
      handled.push(body);
      if (body === 'fails' && attempt === 1) throw new Error('once');
    },
    { backoff: () => 3_600_000, concurrency: 4 },
  );
  await queue.sendBatch([
    { body: 'first', key: 'a' },
    { body: 'second', key: 'a' },
    { body: 'fails', key: 'held' },
    { body: 'first', key: 'paused' },
    { body: 'paused', key: 'paused' },
  ]);
  await eventually(() => handled.length === 3);
  await queue.pauseKey('paused');
  await eventually(async () => (await queue.stats({ key: 'held' })).notBefore !== undefined);
  await queue.limits.set({ keyRate });
  await eventually(() => handled.length === 4, 5000);
  expect(handled.at(-1)).toBe('second');
  await queue.resumeKey('paused');
  await eventually(() => handled.length === 5, 5000);
  // A key that waits for its message that has failed has another reason.
  expect(handled).toEqual(expect.arrayContaining(['second', 'paused']));
  expect(handled.filter((body) => body === 'fails')).toHaveLength(1);
});

it('what a dead consumer had of a key that is paused or has reached its rate waits as the others of the key do', async () => {
  const queue = redis.queue<string>();
  await queue.limits.set({ keyRate: { max: 1, perMs: 3_600_000 } });
  await queue.sendBatch(['limited', 'paused'].map((key) => ({ body: `first of ${key}`, key })));
  const dying = redis.otherEnd(queue);
  await dying.receive();
  await dying.receive();
  await queue.sendBatch(['limited', 'paused'].map((key) => ({ body: `second of ${key}`, key })));
  await queue.pauseKey('paused');
  await expireLeases(queue as never, await consumersOf(queue as never));

  const handled: string[] = [];
  const other = redis.otherEnd(queue);
  const consumer = other.consume(({ body }) => void handled.push(body), { concurrency: 5 });
  let recovered = 0;
  consumer.on('recovered', ({ returned }) => {
    recovered += returned;
  });
  await eventually(() => recovered === 2);
  // It has looked for suspects when it has found this one, which comes behind them.
  await queue.send('free', { key: 'free' });
  await eventually(() => handled.includes('free'));
  await eventually(async () => (await queue.stats()).active === 0);
  expect(handled).toEqual(['free']);
  expect(await queue.stats()).toMatchObject({ pending: 4, active: 0 });

  await queue.resumeKey('paused');
  await queue.send('behind', { key: 'another' });
  await eventually(() => handled.includes('behind'));
  expect(handled).toEqual(['free', 'behind']);
  await queue.limits.set({ keyRate: null });
  await eventually(() => handled.length === 6);
  for (const key of ['limited', 'paused']) {
    expect(handled.filter((body) => body.endsWith(key))).toEqual([
      `first of ${key}`,
      `second of ${key}`,
    ]);
  }
});

it('keys share the time of handlers by their weights', async () => {
  const queue = redis.queue<number>();
  await queue.limits.set({ keyWeights: { heavy: 3 } });
  for (const key of ['heavy', 'light']) {
    await queue.sendBatch(Array.from({ length: 200 }, (_, body) => ({ body, key })));
  }
  const handled: string[] = [];
  const consumer = queue.consume(
    ({ key = '' }) => {
      const began = performance.now();
      while (performance.now() - began < 3);
      handled.push(key);
    },
    { concurrency: 1 },
  );
  await eventually(() => handled.length >= 120);
  void consumer.stop();
  const heavy = handled.slice(0, 120).filter((key) => key === 'heavy').length;
  expect(heavy).toBeGreaterThan(75);
  expect(heavy).toBeLessThan(105);
});

it('keyMaxLength refuses a message of a full key, also inside a batch, and takes one when there is room', async () => {
  const queue = redis.queue<string>();
  await queue.limits.set({ keyMaxLength: 2 });
  const results = await queue.sendBatch([
    { body: 'a1', key: 'a' },
    { body: 'a2', key: 'a' },
    { body: 'a3', key: 'a' },
    { body: 'b1', key: 'b' },
    { body: 'none' },
  ]);
  expect(results.map(({ status }) => status)).toEqual(['sent', 'sent', 'failed', 'sent', 'sent']);
  const error = await rejection(queue.send('a4', { key: 'a' }));
  expect(error).toMatchObject({
    code: 'KEY_FULL',
    outcome: 'not-executed',
    retryable: true,
    key: 'a',
  });
  await (await queue.receive())?.ack();
  expect((await queue.stats()).pending).toBe(3);
  await queue.send('a4', { key: 'a' });
  const bounded = redis.queue<string>({
    name: queue.name,
    maxLength: { count: 100 },
    connection: openConnection(redis.url),
  });
  expect(await rejection(bounded.send('a5', { key: 'a' }))).toMatchObject({ code: 'KEY_FULL' });
  expect((await queue.stats()).pending).toBe(4);
});

it('with agingMs, what has waited for longer comes before higher priorities', async () => {
  const queue = redis.queue<string>();
  await queue.limits.set({ agingMs: 300 });
  for (let n = 0; n < 3; n += 1) await queue.send(`low ${n}`, { priority: 1 });
  const sentAt = performance.now();
  await eventually(() => performance.now() - sentAt > 400);
  for (let n = 0; n < 5; n += 1) await queue.send(`high ${n}`, { priority: 8 });
  await queue.send('low, just sent', { priority: 1 });
  const handled: string[] = [];
  queue.consume(({ body }) => void handled.push(body), { concurrency: 1 });
  await eventually(() => handled.length === 9);
  expect(handled).toEqual([
    ...['low 0', 'low 1', 'low 2'],
    ...Array.from({ length: 5 }, (_, n) => `high ${n}`),
    'low, just sent',
  ]);
});

it.each<[QueueLimitChanges, RegExp]>([
  [{ keyConcurrency: 0 }, /keyConcurrency/],
  [{ keyRate: { max: 0, perMs: 1 } }, /keyRate\.max/],
  [{ keyWeights: { a: 0 } }, /keyWeights/],
  [{ keyWeights: { '': 1 } }, /key/],
  [{ keyWeights: 3 as never }, /keyWeights/],
  [{ keyMaxLength: 1.5 }, /keyMaxLength/],
  [{ agingMs: -1 }, /agingMs/],
])('limits %j are refused by name', async (limits, message) => {
  const queue = redis.queue();
  expect(await rejection(queue.limits.set(limits))).toMatchObject({
    code: 'INVALID_ARGUMENT',
    message,
  });
  expect(await queue.limits.get()).toEqual({});
});

it('a key waits for its message that has failed also when fewer of its messages may be active than before', async () => {
  const queue = redis.queue<string>();
  await queue.limits.set({ keyConcurrency: 2 });
  for (const body of ['fails', 'second', 'third']) await queue.send(body, { key: 'k' });
  const [failing, second] = [await queue.receive(), await queue.receive()];
  await failing?.retry({ delayMs: 60_000 });
  await queue.limits.set({ keyConcurrency: null });
  await second?.ack();
  expect(await queue.receive({ timeoutMs: 0 })).toBeUndefined();
  expect((await queue.stats({ key: 'k' })).notBefore).toBeInstanceOf(Date);
});
