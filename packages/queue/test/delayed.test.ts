import type { Connection } from '@redpost/core';
import { expect, it } from 'vitest';
import { eventually } from '../../../tooling/eventually.js';
import { atRest, deferred } from './support/in-redis.js';
import { useRedis } from './support/use-redis.js';

const redis = useRedis();

it('a delayed message is on time while every consumer is blocked', async () => {
  const queue = redis.queue<string>();
  const arrived = deferred<number>();
  const drained = deferred();
  const consumer = queue.consume(() => arrived.resolve(performance.now()));
  consumer.on('drained', drained.resolve);
  await drained.promise;

  const sentAt = performance.now();
  await queue.send('later', { delayMs: 300 });
  const tookMs = (await arrived.promise) - sentAt;

  expect(tookMs).toBeGreaterThanOrEqual(298);
  expect(tookMs).toBeLessThan(500);
});

it('an earlier message wakes those who sleep until a later one', async () => {
  const queue = redis.queue<string>();
  const bodies: string[] = [];
  queue.consume(({ body }) => bodies.push(body));
  await queue.send('much later', { delayMs: 60_000 });
  await queue.send('second', { delayMs: 200 });
  await queue.send('first', { delayMs: 50 });

  await eventually(() => bodies.length === 2, 2000);

  expect(bodies).toEqual(['first', 'second']);
  expect((await queue.stats()).delayed).toBe(1);
});

it('when the signal got lost, the poll finds the message', async () => {
  const queue = redis.queue<string>();
  const bodies: string[] = [];
  const drained = deferred();
  const consumer = queue.consume(({ body }) => bodies.push(body));
  consumer.on('drained', drained.resolve);
  await drained.promise;

  await queue.connection.call('ZADD', [`{${queue.name}}:delayed`, 1, '"unannounced"']);

  await eventually(() => bodies.length === 1, 7000);
});

it('equal payloads that are due at the same time are all delivered', async () => {
  const queue = redis.queue<string>();
  const due = Date.now() + 60_000;
  await queue.sendBatch(
    Array.from({ length: 5 }, () => ({ body: 'same', id: 'same', delayMs: 60_000 })),
  );

  const delayed = `{${queue.name}}:delayed`;
  expect((await queue.stats()).delayed).toBe(5);
  const members = (await queue.connection.call('ZRANGE', [delayed, 0, -1])) as Buffer[];
  for (const member of members) await queue.connection.call('ZADD', [delayed, 1, member]);

  const seen: string[] = [];
  queue.consume(({ id, body, attempt }) => seen.push(`${id} ${body} ${attempt}`));
  await eventually(() => seen.length === 5, 7000);
  expect(new Set(seen)).toEqual(new Set(['same same 1']));
  expect(due).toBeGreaterThan(Date.now());
});

it('an expired message is forgotten without being handled, and counted', async () => {
  const queue = redis.queue<string>();
  const bodies: string[] = [];
  await queue.send('gone', { ttlMs: 1 });
  await queue.send('stays', { ttlMs: 60_000 });
  await untilExpired(queue.connection);

  queue.consume(({ body }) => bodies.push(body));
  await eventually(() => bodies.length > 0);

  expect(await atRest(queue as never)).toEqual({ pending: 0, delayed: 0, dead: 0 });
  expect(bodies).toEqual(['stays']);
  expect((await queue.stats()).total).toMatchObject({ acked: 1, expired: 1 });
});

it('receive skips an expired message', async () => {
  const queue = redis.queue<string>();
  await queue.send('gone', { ttlMs: 1 });
  await untilExpired(queue.connection);
  await queue.send('stays');

  expect((await queue.receive())?.body).toBe('stays');
});

it('a time to live begins when the delay is over', async () => {
  const queue = redis.queue<string>();
  await queue.send('hello', { delayMs: 60, ttlMs: 2000 });

  expect((await queue.receive({ timeoutMs: 5000 }))?.body).toBe('hello');
});

/** Waits until the server's clock is two milliseconds further. */
async function untilExpired(connection: Connection): Promise<void> {
  const now = async () => {
    const [seconds, micros] = (await connection.call('TIME', [])) as [Buffer, Buffer];
    return Number(seconds) * 1000 + Number(micros) / 1000;
  };
  const start = await now();
  await eventually(async () => (await now()) > start + 2);
}
