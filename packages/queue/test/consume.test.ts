import { fixed, json, text } from '@redpost/core';
import { expect, it } from 'vitest';
import { eventually } from '../../../tooling/eventually.js';
import { AlreadySettledError, type Delivery } from '../src/index.js';
import { atRest, calls, isBlocked } from './support/in-redis.js';
import { startOwnRedis, useRedis } from './support/use-redis.js';

const redis = useRedis();

it('every message is handled once, and then deleted from Redis', async () => {
  const queue = redis.queue<number>();
  const seen: number[] = [];
  await queue.sendBatch(Array.from({ length: 3000 }, (_, body) => ({ body })));

  queue.consume(async ({ body }) => void seen.push(body), { concurrency: 20 });
  await eventually(() => seen.length >= 3000);

  expect(await atRest(queue as never)).toEqual({ pending: 0, delayed: 0, dead: 0 });
  expect(new Set(seen).size).toBe(3000);
  expect((await queue.stats()).total.acked).toBe(3000);
});

it('no more handlers run at a time than the concurrency, and that many do', async () => {
  const queue = redis.queue<number>();
  let running = 0;
  let most = 0;
  let handled = 0;
  await queue.sendBatch(Array.from({ length: 200 }, (_, body) => ({ body })));

  queue.consume(
    async () => {
      running += 1;
      most = Math.max(most, running);
      await new Promise(setImmediate);
      running -= 1;
      handled += 1;
    },
    { concurrency: 7 },
  );
  await eventually(() => handled === 200);

  expect(most).toBe(7);
});

it('handlers that return at once do not pile up on the stack', async () => {
  const queue = redis.queue<number>();
  await queue.sendBatch(Array.from({ length: 5000 }, (_, body) => ({ body })));
  let depth = 0;
  let handled = 0;

  Error.stackTraceLimit = 200;
  queue.consume(
    () => {
      depth = Math.max(depth, new Error().stack?.split('\n').length ?? 0);
      handled += 1;
    },
    { concurrency: 100 },
  );
  await eventually(() => handled === 5000);
  Error.stackTraceLimit = 10;

  expect(depth).toBeLessThan(50);
});

it('acknowledgements travel with the next lease', async () => {
  const own = await startOwnRedis();
  const { connect } = await import('@redpost/core');
  const { Queue } = await import('../src/index.js');
  const connection = connect(own.url);
  const queue = new Queue<number>('q', { connection });
  await queue.sendBatch(Array.from({ length: 2000 }, (_, body) => ({ body })));
  let handled = 0;

  const consumer = queue.consume(
    () => {
      handled += 1;
    },
    { concurrency: 100 },
  );
  await eventually(() => handled === 2000);
  await consumer.stop();

  expect(await calls(connection, 'evalsha')).toBeLessThan(200);
  await connection.close();
});

it('a message whose handler throws is retried after the backoff, and then becomes a dead letter', async () => {
  const queue = redis.queue<string>();
  const attempts: number[] = [];
  const steps: string[] = [];
  await queue.send('bad', { id: 'x', headers: { a: 'b' } });

  const consumer = queue.consume(
    ({ attempt }) => {
      attempts.push(attempt);
      throw new Error(`no ${attempt}`);
    },
    { maxAttempts: 3, backoff: (attempt) => attempt - 1 },
  );
  consumer.on('failed', ({ next }) => {
    steps.push(next.action === 'retry' ? `retry ${next.delayMs}` : next.reason);
  });
  await eventually(async () => (await queue.deadLetters.count()) === 1);

  expect(attempts).toEqual([1, 2, 3]);
  expect(steps).toEqual(['retry 0', 'retry 1', 'failed']);
  expect(await queue.deadLetters.list()).toMatchObject([
    { id: 'x', body: 'bad', headers: { a: 'b' }, reason: 'failed', error: 'no 3', attempt: 3 },
  ]);
  expect(await atRest(queue as never)).toEqual({ pending: 0, delayed: 0, dead: 1 });
  expect((await queue.stats()).total).toMatchObject({ acked: 0, retried: 2, dead: 1 });
});

it.each([
  ['text', 'oops'],
  ['undefined', undefined],
  ['an error without a message', Object.assign(new Error(), { message: undefined })],
])('a handler may throw %s', async (_what, thrown) => {
  const queue = redis.queue<string>();
  await queue.send('bad');

  queue.consume(() => Promise.reject(thrown), { maxAttempts: 1 });

  await eventually(async () => (await queue.deadLetters.count()) === 1);
  expect(await atRest(queue as never)).toEqual({ pending: 0, delayed: 0, dead: 1 });
});

it('a backoff that throws is reported, and loses nothing', async () => {
  const queue = redis.queue<string>();
  const errors: string[] = [];
  await queue.send('bad');

  const consumer = queue.consume(() => Promise.reject(new Error('no')), {
    backoff: () => {
      throw new Error('broken backoff');
    },
  });
  consumer.on('error', ({ message }) => errors.push(message));

  await eventually(async () => (await queue.stats()).delayed === 1);
  expect(errors).toEqual(['broken backoff']);
  expect(await atRest(queue as never)).toEqual({ pending: 0, delayed: 1, dead: 0 });
});

it('a decoding error that a handler throws for other data does not make its message unreadable', async () => {
  const queue = redis.queue<string>();
  const other = redis.queue<unknown>({ schema: refuseAll });
  let attempts = 0;
  await queue.send('good');

  queue.consume(
    async () => {
      attempts += 1;
      if (attempts === 1) json().decode(Buffer.from('{'));
      if (attempts === 2) await other.send('refused');
    },
    { backoff: fixed(0) },
  );

  await eventually(() => attempts === 3);
  expect(await atRest(queue as never)).toEqual({ pending: 0, delayed: 0, dead: 0 });
});

it('a handler settles its message itself if it wants to', async () => {
  const queue = redis.queue<string>();
  const done: string[] = [];
  for (const body of ['ack', 'retry', 'later', 'dead', 'reasoned']) await queue.send(body);

  queue.consume(async (delivery: Delivery<string>) => {
    const { body, attempt } = delivery;
    if (body === 'ack') await delivery.ack();
    if (body === 'retry' && attempt === 1) await delivery.retry();
    if (body === 'later') await delivery.retry({ delayMs: 60_000 });
    if (body === 'dead') await delivery.deadLetter();
    if (body === 'reasoned') await delivery.deadLetter('no such customer');
    done.push(body);
  });
  await eventually(() => done.length === 6);

  expect(await atRest(queue as never)).toEqual({ pending: 0, delayed: 1, dead: 2 });
  const reasons = (await queue.deadLetters.list()).map(({ reason }) => reason);
  expect(reasons).toEqual(['rejected', 'no such customer']);
});

it('a message that a blocking move has just brought can be settled at once, in any way', async () => {
  const queue = redis.queue<string>();
  const outcomes: string[] = [];
  queue.consume((delivery) => {
    const { body } = delivery;
    const settled =
      body === 'ack'
        ? delivery.ack()
        : body === 'retry'
          ? delivery.retry({ delayMs: 60_000 })
          : delivery.deadLetter();
    settled.then(
      () => outcomes.push(body),
      (error) => outcomes.push(String(error)),
    );
  });
  for (const body of ['ack', 'retry', 'dead', 'ack', 'dead', 'retry']) {
    await eventually(() => isBlocked(queue.connection));
    const before = outcomes.length;
    await queue.send(body);
    await eventually(() => outcomes.length > before);
  }

  expect(outcomes).toEqual(['ack', 'retry', 'dead', 'ack', 'dead', 'retry']);
  expect(await atRest(queue as never)).toEqual({ pending: 0, delayed: 2, dead: 2 });
});

it('a delivery is settled once', async () => {
  const queue = redis.queue<string>();
  await queue.send('hello');
  const delivery = await queue.receive();
  await delivery?.ack();

  await expect(delivery?.ack()).rejects.toBeInstanceOf(AlreadySettledError);
  await expect(delivery?.retry()).rejects.toBeInstanceOf(AlreadySettledError);
  await expect(delivery?.deadLetter()).rejects.toBeInstanceOf(AlreadySettledError);
  await expect(delivery?.extend()).rejects.toBeInstanceOf(AlreadySettledError);
});

it('a wrong argument does not settle a delivery', async () => {
  const queue = redis.queue<string>();
  await queue.send('hello');
  const delivery = await queue.receive();

  await expect(delivery?.retry({ delayMs: -1 })).rejects.toThrow(/delayMs/);
  await expect(delivery?.deadLetter(null as never)).rejects.toThrow(/reason/);
  await delivery?.extend();
  await delivery?.ack();
});

it('an asynchronous schema transforms the bodies that a handler gets', async () => {
  const queue = redis.queue<unknown>();
  const typed = redis.queue<string>({ name: queue.name, schema: upperCase });
  const seen: string[] = [];
  await queue.send('a');
  await queue.send(7);

  typed.consume(({ body }) => seen.push(body));
  await eventually(async () => (await queue.deadLetters.count()) === 1);

  expect(seen).toEqual(['A']);
  expect(await queue.deadLetters.list()).toMatchObject([{ reason: 'invalid', body: 7 }]);
});

const malformed = [
  ['a body that cannot be decoded', '{"a":', '{"a":'],
  ['an envelope that does not end', '\x011{"id":"a"}', undefined],
  ['an envelope that is not JSON', '\x011{oops\n1', undefined],
  ['an envelope without an id', '\x011{"ts":1}\n1', undefined],
] as const;

it.each(malformed)('%s becomes a dead letter with its bytes', async (_what, element, bytes) => {
  const queue = redis.queue<unknown>();
  const failed: unknown[] = [];
  await queue.connection.call('LPUSH', [queue.name, element]);

  const consumer = queue.consume(({ id }) => id);
  consumer.on('failed', ({ delivery }) => failed.push(delivery.id, delivery.attempt));
  await eventually(async () => (await queue.deadLetters.count()) === 1);

  expect(await atRest(queue as never)).toEqual({ pending: 0, delayed: 0, dead: 1 });
  const [dead] = await queue.deadLetters.list();
  expect(dead).toMatchObject({ reason: 'malformed', body: undefined });
  expect(String(dead?.bytes)).toBe(bytes ?? element);
  expect(failed).toEqual([expect.any(String), 1]);
});

it.each(malformed)('%s is not handed out by receive', async (_what, element) => {
  const queue = redis.queue<unknown>();
  await queue.connection.call('LPUSH', [queue.name, element]);
  await queue.send('good');

  expect((await queue.receive())?.body).toBe('good');
  expect(await queue.deadLetters.list()).toMatchObject([{ reason: 'malformed' }]);
});

it('a handler that fails before it looks at a malformed header does not keep the message', async () => {
  const queue = redis.queue<string>({ codec: text() });
  await queue.connection.call('LPUSH', [queue.name, '\x011{"id":oops\nhello']);

  queue.consume(() => Promise.reject(new Error('no')));
  await eventually(async () => (await queue.deadLetters.count()) === 1);

  expect(await atRest(queue as never)).toEqual({ pending: 0, delayed: 0, dead: 1 });
});

it('a handler has to be a function', () => {
  const queue = redis.queue();

  expect(() => queue.consume(undefined as never)).toThrow(/handler is a function/);
});

const refuseAll = {
  '~standard': { version: 1, vendor: 'test', validate: () => ({ issues: [{ message: 'no' }] }) },
} as const;

const upperCase = {
  '~standard': {
    version: 1,
    vendor: 'test',
    validate: async (value: unknown) =>
      typeof value === 'string'
        ? { value: value.toUpperCase() }
        : { issues: [{ message: 'not a text' }] },
  },
} as const;
