import { performance } from 'node:perf_hooks';
import { expect, it } from 'vitest';
import { eventually } from '../../../tooling/eventually.js';
import { rejection } from '../../../tooling/rejection.js';
import type { Delivery } from '../src/index.js';
import { openConnection, useRedis } from './support/use-redis.js';

const redis = useRedis();

it('a limited retry is no attempt, and nothing of the queue starts before its delay is over', async () => {
  const queue = redis.queue<string>();
  const handled: { body: string; attempt: number; at: number }[] = [];
  const endsAt: number[] = [];
  const handler = async (delivery: Delivery<string>) => {
    const { body, attempt } = delivery;
    handled.push({ body, attempt, at: performance.now() });
    if (endsAt.length > 0 || body !== 'first') return;
    endsAt.push(performance.now() + 300);
    await delivery.retry({ delayMs: 300, limited: true });
  };
  await queue.sendBatch([{ body: 'first' }, { body: 'second' }, { body: 'third' }]);
  queue.consume(handler, { concurrency: 1 });
  await eventually(() => endsAt.length === 1);
  await eventually(async () => (await queue.stats()).limitedUntil !== undefined);
  const other = redis.queue<string>({ name: queue.name, connection: openConnection(redis.url) });
  other.consume(handler);
  await queue.send('fourth');
  await queue.send('fifth', { delayMs: 1 });
  await eventually(() => handled.length === 6);

  const [, ...later] = handled;
  for (const { at } of later) expect(at).toBeGreaterThanOrEqual(endsAt[0] as number);
  const bodies = later.map(({ body }) => body).sort();
  expect(bodies).toEqual(['fifth', 'first', 'fourth', 'second', 'third']);
  expect(handled.map(({ attempt }) => attempt)).toEqual([1, 1, 1, 1, 1, 1]);
  await eventually(async () => (await queue.stats()).total.acked === 5);
  expect(await queue.stats()).toMatchObject({ limitedUntil: undefined, total: { retried: 0 } });
  const keys = [`{${queue.name}}:shape`, `{${queue.name}}:seen`];
  expect(await queue.connection.call('EXISTS', keys)).toBe(0);
});

it('the longest delay of several limited retries counts, and a pause holds beside it', async () => {
  const queue = redis.queue<number>();
  await queue.sendBatch([{ body: 1 }, { body: 2 }, { body: 3 }]);
  const [one, two, three] = [await queue.receive(), await queue.receive(), await queue.receive()];
  const before = performance.now();
  await Promise.all([
    one?.retry({ delayMs: 50, limited: true }),
    two?.retry({ delayMs: 200, limited: true }),
    three?.retry({ delayMs: 100, limited: true }),
  ]);
  await queue.pause();
  expect((await queue.stats()).paused).toBeDefined();
  await queue.resume();
  const waiting = queue.receive();
  const next = await waiting;
  expect(performance.now() - before).toBeGreaterThanOrEqual(200);
  expect([next?.body, next?.attempt]).toEqual([1, 1]);
});

it('a limited retry of a message with a key holds up this key only', async () => {
  const queue = redis.queue<string>();
  await queue.send('a1', { key: 'a' });
  await queue.send('a2', { key: 'a' });
  await queue.send('b1', { key: 'b' });
  const handled: { body: string; attempt: number; at: number }[] = [];
  let endsAt = 0;
  queue.consume(async (delivery) => {
    const { body, attempt } = delivery;
    handled.push({ body, attempt, at: performance.now() });
    if (body !== 'a1' || endsAt > 0) return;
    endsAt = performance.now() + 300;
    await delivery.retry({ delayMs: 300, limited: true });
  });
  await eventually(() => handled.length === 4);
  expect(handled.map(({ body }) => body)).toEqual(['a1', 'b1', 'a1', 'a2']);
  expect(handled.map(({ attempt }) => attempt)).toEqual([1, 1, 1, 1]);
  expect(handled[1]?.at).toBeLessThan(endsAt);
  expect(handled[2]?.at).toBeGreaterThanOrEqual(endsAt);
});

it.each([
  [{ limited: true }, 'limited needs a delayMs of at least 1'],
  [{ limited: true, delayMs: 0 }, 'limited needs a delayMs of at least 1'],
  [{ limited: 1, delayMs: 5 }, 'limited is true or false, got 1'],
  [{ limited: true, delayMs: -1 }, 'delayMs must be a whole number'],
  [{ limit: true }, 'retry() has no option "limit". Did you mean limited?'],
])('retry refuses %o, and the message may still be settled', async (options, message) => {
  const queue = redis.queue<string>();
  await queue.send('hello');
  const delivery = await queue.receive();
  const error = await rejection(delivery?.retry(options as never) ?? Promise.resolve());
  expect(error).toMatchObject({
    code: 'INVALID_ARGUMENT',
    message: expect.stringContaining(message),
  });
  await delivery?.retry();
  expect(await queue.receive()).toMatchObject({ body: 'hello', attempt: 2 });
});
