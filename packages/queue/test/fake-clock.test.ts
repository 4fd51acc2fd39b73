import { connect, InvalidArgumentError } from '@redpost/core';
import { type EmbeddedRedis, startRedis } from '@redpost/core/embedded';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { eventually } from '../../../tooling/eventually.js';
import { rejection } from '../../../tooling/rejection.js';
import { Queue, type QueueOptions } from '../src/index.js';
import { drain, FakeClock, runOnce } from '../src/testing/index.js';
import { uniqueName } from './support/use-redis.js';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

let redis: EmbeddedRedis;
let clock: FakeClock;
beforeAll(async () => {
  redis = await startRedis();
  clock = await FakeClock.on(connect(redis.url));
});
afterAll(async () => {
  await clock.connection.close();
  await redis.stop();
});

function newQueue<Body>(options: Partial<QueueOptions<Body>> = {}): Queue<Body> {
  const queue = new Queue<Body>(uniqueName(), { ...options, connection: clock.connection });
  onTestFinished(() => queue.close());
  return queue;
}

it('a delayed message comes when the clock is moved on, and not before', async () => {
  const queue = newQueue<string>();
  await queue.send('reminder', { delayMs: dayMs });
  await queue.send('at', { at: new Date((await clock.now()).getTime() + 2 * dayMs) });
  const handled: string[] = [];
  queue.consume(({ body }) => handled.push(body));

  await clock.advance(dayMs - hourMs);
  expect(await queue.stats()).toMatchObject({ delayed: 2 });
  await clock.advance(hourMs);
  await eventually(() => handled.length === 1);
  expect(await clock.advanceToNext(queue)).toBeGreaterThan(dayMs - 60_000);
  await eventually(() => handled.length === 2);
  expect(handled).toEqual(['reminder', 'at']);
});

it('drain with a clock goes through all attempts, with the delays between them', async () => {
  const queue = newQueue<string>({ consume: { maxAttempts: 4 } });
  await queue.send('bad', { delayMs: hourMs });
  const times: number[] = [];
  const handler = async () => {
    times.push((await clock.now()).getTime());
    throw new Error('no');
  };

  const result = await drain(queue, handler, { clock, errors: 'collect' });

  expect(result).toMatchObject({ handled: 4, acked: 0, retried: 3, dead: 1 });
  expect((await queue.deadLetters.list())[0]).toMatchObject({ attempt: 4, reason: 'failed' });
  const [first = 0, , , last = 0] = times;
  expect(last - first).toBeGreaterThan(1000);
  expect(await drain(queue, handler)).toMatchObject({ handled: 0 });
});

it('a key that waits for its failed message waits no longer than the clock says', async () => {
  const queue = newQueue<string>({ consume: { backoff: () => dayMs } });
  await queue.send('first', { key: 'k' });
  await queue.send('second', { key: 'k' });
  const handled: string[] = [];
  await drain(
    queue,
    ({ body, attempt }) => {
      handled.push(`${body} ${attempt}`);
      if (handled.length === 1) throw new Error('no');
    },
    { clock, errors: 'collect' },
  );
  expect(handled).toEqual(['first 1', 'first 2', 'second 1']);
});

it('a schedule has its ticks', async () => {
  const queue = newQueue<string>();
  await queue.schedules.set('nightly', {
    cron: '0 3 * * *',
    timeZone: 'UTC',
    body: 'report',
    missed: 'all',
    limit: 3,
  });
  const ids: string[] = [];
  const handler = ({ id }: { id: string }) => ids.push(id);

  for (let night = 1; night <= 3; night += 1) {
    await clock.advanceToNext(queue);
    await drain(queue, handler, { clock });
    expect(ids).toHaveLength(night);
  }
  expect(ids.every((id) => /^nightly@.*T03:00:00.000Z$/.test(id))).toBe(true);
  expect(await clock.advanceToNext(queue)).toBeUndefined();
});

it('times to live, once windows, debounces and limits follow the clock', async () => {
  const queue = newQueue<string>();
  const handled: string[] = [];
  const handler = ({ body }: { body: string }) => handled.push(body);
  const once = { key: 'k', until: dayMs } as const;

  await queue.send('expires', { ttlMs: hourMs });
  await queue.send('once', { once });
  await queue.send('twice', { once });
  await queue.send('early', { debounce: { key: 'd', ms: hourMs } });
  await queue.send('last', { debounce: { key: 'd', ms: hourMs } });
  await clock.advance(2 * hourMs);
  await drain(queue, handler);
  expect(handled.sort()).toEqual(['last', 'once']);
  expect((await queue.stats()).total.expired).toBe(1);

  await queue.send('no', { once });
  await clock.advance(dayMs);
  await queue.send('again', { once });
  await drain(queue, handler);
  expect(handled).toEqual(['last', 'once', 'again']);

  await queue.limits.set({ rate: { max: 1, perMs: hourMs } });
  await queue.sendBatch(['a', 'b'].map((body) => ({ body })));
  expect(await runOnce(queue, handler)).toMatchObject({ delivery: { body: 'a' } });
  expect(await rejection(runOnce(queue, handler, { timeoutMs: 100 }))).toMatchObject({
    code: 'TIMEOUT',
  });
  await clock.advance(2 * hourMs);
  expect(await runOnce(queue, handler)).toMatchObject({ delivery: { body: 'b' } });
});

it('a consumer keeps what it has, and a dead letter is as old as the clock says', async () => {
  const queue = newQueue<string>({ deadLetters: { maxAgeMs: 2 * dayMs } });
  await queue.send('held');
  const delivery = await queue.receive();
  const before = await clock.now();
  await clock.advance(dayMs);
  // It would take over what a dead consumer had.
  const other = new Queue(queue.name, { connection: clock.connection });
  onTestFinished(() => other.close());
  expect(await other.receive({ timeoutMs: 0 })).toBeUndefined();
  await delivery?.extend();
  await delivery?.deadLetter('old');
  const [dead] = await queue.deadLetters.list();
  expect(dead?.diedAt.getTime()).toBeGreaterThanOrEqual(before.getTime() + dayMs);
  await clock.advance(dayMs);
  expect(await queue.deadLetters.count()).toBe(1);
  await clock.advance(2 * dayMs);
  queue.consume(() => {});
  await eventually(async () => (await queue.deadLetters.count()) === 0);
});

it('another process, or another connection, has the same time', async () => {
  const plain = connect(redis.url);
  onTestFinished(() => plain.close());
  const other = await FakeClock.on(plain);
  await clock.advance(dayMs);
  const ms = (await other.now()).getTime() - (await clock.now()).getTime();
  expect(Math.abs(ms)).toBeLessThan(60_000);
});

it('a Redis that has keys of others is refused', async () => {
  const shared = connect(`${redis.url}/1`);
  onTestFinished(() => shared.close());
  await shared.call('SET', ['a', 'b']);
  const error = await rejection(FakeClock.on(shared));
  expect(error).toBeInstanceOf(InvalidArgumentError);
  expect(error.message).toContain('database 1');
  expect(await rejection(FakeClock.on('redis://localhost' as never))).toBeInstanceOf(
    InvalidArgumentError,
  );
  expect(await rejection(clock.advance(-1))).toBeInstanceOf(InvalidArgumentError);
});
