import { text } from '@redpost/core';
import { expect, it } from 'vitest';
import { rejection } from '../../../tooling/rejection.js';
import { Queue } from '../src/index.js';
import { calls, elements } from './support/in-redis.js';
import { startOwnRedis, uniqueName, useRedis } from './support/use-redis.js';

const redis = useRedis();

it('sends of one tick leave as few LPUSH, and each gets its own id', async () => {
  const own = await startOwnRedis();
  const { connect } = await import('@redpost/core');
  const connection = connect(own.url);
  const queue = new Queue<number>('q', { connection });

  const ids = await Promise.all(Array.from({ length: 100 }, (_, at) => queue.send(at)));

  expect(new Set(ids).size).toBe(100);
  // 64 by 64, so that Redis works on one while the next is written.
  expect(await calls(connection, 'lpush')).toBe(2);
  expect(await calls(connection, 'evalsha')).toBe(0);
  expect((await queue.peek(100)).map(({ id }) => id)).toEqual(ids);
  await connection.close();
});

it('a message has the id, headers and time it was sent with', async () => {
  const queue = redis.queue<string>();
  const before = Date.now();

  const id = await queue.send('hello', { id: 'my "id"\n', headers: { trace: 'ä' } });
  const delivery = await queue.receive();

  expect(id).toBe('my "id"\n');
  expect(delivery).toMatchObject({ id, body: 'hello', headers: { trace: 'ä' }, attempt: 1 });
  expect(delivery?.sentAt?.getTime()).toBeGreaterThanOrEqual(before);
  expect(delivery?.sentAt?.getTime()).toBeLessThanOrEqual(Date.now());
});

it('binary bodies arrive as they were sent', async () => {
  const { bytes } = await import('@redpost/core');
  const queue = redis.queue<Uint8Array>({ codec: bytes() });
  const body = Buffer.from([0, 1, 0x31, 0x7b, 0x0a, 0xff, 0xfe]);

  await queue.send(body);
  await queue.send(body, { ttlMs: 60_000 });

  for (let count = 0; count < 2; count += 1) {
    const delivery = await queue.receive();
    expect(Buffer.from(delivery?.body ?? [])).toEqual(body);
  }
});

it('a raw LPUSH of any client is a message', async () => {
  const queue = redis.queue<string>({ codec: text() });

  await queue.connection.call('LPUSH', [queue.name, 'hello']);
  const delivery = await queue.receive();

  expect(delivery).toMatchObject({ body: 'hello', attempt: 1, headers: {}, sentAt: undefined });
  expect(delivery?.id).toBe(delivery?.receipt);
});

it('a raw payload keeps its id at its next attempts', async () => {
  const queue = redis.queue<string>({ codec: text() });
  await queue.connection.call('LPUSH', [queue.name, 'hello']);

  const first = await queue.receive();
  await first?.retry();
  const second = await queue.receive();

  expect(second).toMatchObject({ id: first?.id, body: 'hello', attempt: 2 });
});

it('a bare message is read by a raw RPOP of any client', async () => {
  const queue = redis.queue<unknown>();

  await queue.send({ to: 'a@example.com' }, { bare: true });

  expect(String(await queue.connection.call('RPOP', [queue.name]))).toBe('{"to":"a@example.com"}');
});

it('a bare body that looks like an envelope is refused', async () => {
  const queue = redis.queue<string>({ codec: text() });

  const error = await rejection(queue.send('\x011{"id":"x"}\n', { bare: true }));

  expect(error.code).toBe('INVALID_ARGUMENT');
  expect(await elements(queue as never)).toEqual([]);
});

it('a batch returns a result for each message', async () => {
  const queue = redis.queue<unknown>();

  const results = await queue.sendBatch([
    { body: 1, id: 'one' },
    { body: 10n },
    { body: 3, delayMs: -1, id: 'three' },
    { body: 4, delayMs: 60_000, id: 'four' },
  ]);

  expect(results).toMatchObject([
    { status: 'sent', id: 'one' },
    { status: 'failed', id: undefined, error: { code: 'ENCODE' } },
    { status: 'failed', id: 'three', error: { code: 'INVALID_ARGUMENT' } },
    { status: 'sent', id: 'four' },
  ]);
  expect(await queue.stats()).toMatchObject({ pending: 1, delayed: 1 });
  expect(await queue.sendBatch([])).toEqual([]);
});

it('a batch of thousands keeps its order', async () => {
  const queue = redis.queue<number>();

  await queue.sendBatch(Array.from({ length: 2500 }, (_, body) => ({ body })));

  const bodies = (await queue.peek(2500)).map(({ body }) => body);
  expect(bodies).toEqual(Array.from({ length: 2500 }, (_, at) => at));
});

it.each(['', 'a{b}', '{a}:dead'])('a queue cannot be called %j', (name) => {
  expect(() => redis.queue({ name })).toThrow(/The name of a queue/);
});

it.each([
  { sendTimeoutMs: 0 },
  { consume: { leaseMs: 1 } },
  { consume: { maxAttempts: 0 } },
  { consume: { concurrency: 0 } },
  { consume: { order: 'random' } },
  { consume: { backoff: 5 } },
])('a queue cannot have %j', (options) => {
  expect(() => redis.queue(options as never)).toThrow(
    expect.objectContaining({ code: 'INVALID_ARGUMENT' }),
  );
});

it('a body that does not fit the schema is not sent', async () => {
  const queue = redis.queue<number>({ schema: positive });

  expect((await rejection(queue.send(-1))).code).toBe('VALIDATION');
  expect(await elements(queue as never)).toEqual([]);
});

it('an asynchronous schema changes neither order nor outcome, and close waits for it', async () => {
  const name = uniqueName();
  const queue = redis.queue<number>({ name, schema: slowPositive });

  const sent = [1, 2, -3, 4].map((body) => queue.send(body));
  const outcomes = Promise.allSettled(sent);
  await queue.close();

  expect((await outcomes).map(({ status }) => status)).toEqual([
    'fulfilled',
    'fulfilled',
    'rejected',
    'fulfilled',
  ]);
  expect((await redis.queue({ name }).peek()).map(({ body }) => body)).toEqual([1, 2, 4]);
  expect((await rejection(queue.send(5))).code).toBe('CLOSED');
});

it('no message overtakes one that had to wait, at any moment', async () => {
  const validate = (value: unknown) => {
    const result = { value: value as string };
    return value === 'slow' ? Promise.resolve(result) : result;
  };
  const schema = { '~standard': { version: 1, vendor: 'test', validate } } as const;
  const queue = redis.queue<string>({ schema });
  for (let moment = 0; moment < 20; moment += 1) {
    const slow = queue.send('slow');
    for (let passed = 0; passed < moment; passed += 1) await undefined;
    await Promise.all([slow, queue.send('fast')]);
  }

  const bodies = (await queue.peek(40)).map(({ body }) => body);
  expect(bodies).toEqual(Array.from({ length: 20 }, () => ['slow', 'fast']).flat());
});

const result = (value: unknown) =>
  (value as number) > 0 ? { value: value as number } : { issues: [{ message: 'not positive' }] };

const positive = {
  '~standard': { version: 1, vendor: 'test', validate: result },
} as const;

const slowPositive = {
  '~standard': {
    version: 1,
    vendor: 'test',
    validate: async (value: unknown) => {
      // The earlier ones take longer.
      for (let wait = 0; wait < 50 - 10 * Math.abs(value as number); wait += 1) await null;
      return result(value);
    },
  },
} as const;
