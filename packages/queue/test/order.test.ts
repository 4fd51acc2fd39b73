import { fixed } from '@redpost/core';
import { expect, it } from 'vitest';
import { eventually } from '../../../tooling/eventually.js';
import { deferred, elements, isBlocked } from './support/in-redis.js';
import { uniqueName, useRedis } from './support/use-redis.js';

const redis = useRedis();
const upTo = (count: number) => Array.from({ length: count }, (_, at) => at);

it('with a concurrency of 1 the order is that of the sends, also while they come', async () => {
  const queue = redis.queue<number>();
  const producer = redis.queue<number>({ name: queue.name });
  const seen: number[] = [];
  queue.consume(async ({ body }) => void seen.push(body));

  for (let body = 0; body < 2000; body += 1) {
    void producer.send(body);
    // Alone, in small groups, and after the consumer has begun to wait.
    if (body % 7 === 0) await new Promise(setImmediate);
    if (body % 100 === 0) await eventually(() => seen.length === body + 1);
  }
  await eventually(() => seen.length === 2000);

  expect(seen).toEqual(upTo(2000));
});

it('lifo takes the newest first', async () => {
  const queue = redis.queue<number>();
  const seen: number[] = [];
  await queue.sendBatch(upTo(100).map((body) => ({ body })));

  queue.consume(({ body }) => seen.push(body), { order: 'lifo' });
  await eventually(() => seen.length === 100);

  expect(seen).toEqual(upTo(100).reverse());
});

it.each(['fifo', 'lifo'] as const)(
  '%s: peek shows the messages that receive takes',
  async (order) => {
    const queue = redis.queue<number>({ consume: { order } });
    await queue.sendBatch(upTo(5).map((body) => ({ body })));

    const peeked = (await queue.peek(5)).map(({ body }) => body);
    const received: unknown[] = [];
    for (let count = 0; count < 5; count += 1) received.push((await queue.receive())?.body);

    expect(received).toEqual(peeked);
  },
);

it.each([
  ['fifo', [0, 1, 2, 3]],
  ['lifo', [3, 2, 1, 0]],
] as const)('%s: what is tried again at once is next', async (order, expected) => {
  const queue = redis.queue<number>();
  const seen: number[] = [];
  await queue.sendBatch(upTo(4).map((body) => ({ body })));

  queue.consume(
    async ({ body, attempt }) => {
      seen.push(body);
      if (attempt === 1 && body === expected[0]) throw new Error('once more');
    },
    { order, backoff: fixed(0) },
  );
  await eventually(() => seen.length === 5);

  expect(seen.filter((body, at) => seen.indexOf(body) === at)).toEqual(expected);
});

it.each(['fifo', 'lifo'] as const)(
  '%s: stop returns messages that it has not begun in their order',
  async (order) => {
    const name = uniqueName();
    const queue = redis.queue<number>({ name });
    const observer = redis.queue<number>({ name });
    const release = deferred();
    let handled = 0;
    await queue.sendBatch(upTo(3000).map((body) => ({ body })));
    const before = await elements(observer as never, order);

    const consumer = queue.consume(
      async () => {
        handled += 1;
        if (handled === 100) await release.promise;
      },
      { order },
    );
    await eventually(() => handled === 100);
    const stopped = consumer.stop();
    release.resolve();
    await stopped;

    expect(await elements(observer as never, order)).toEqual(before.slice(handled));
  },
);

it('messages behind a slow handler go to an idle consumer, in order', async () => {
  const name = uniqueName();
  const queue = redis.queue<number>({ name });
  const other = redis.queue<number>({ name });
  const release = deferred();
  let handled = 0;
  await queue.sendBatch(upTo(2000).map((body) => ({ body })));
  queue.consume(async () => {
    handled += 1;
    if (handled === 1000) await release.promise;
  });
  await eventually(() => handled === 1000);
  await eventually(async () => (await queue.stats()).active === 1);

  const seen: number[] = [];
  other.consume(async ({ body }) => void seen.push(body));
  await eventually(() => seen.length === 1000);

  expect(seen).toEqual(upTo(2000).slice(1000));
  await eventually(async () => (await queue.stats()).active === 1);
  expect((await queue.stats()).pending).toBe(0);
  release.resolve();
});

it('a consumer whose handlers are stuck leaves new messages to other consumers', async () => {
  const name = uniqueName();
  const queue = redis.queue<number>({ name });
  const release = deferred();
  let handled = 0;
  await queue.sendBatch(upTo(500).map((body) => ({ body })));
  queue.consume(async () => {
    handled += 1;
    if (handled === 500) await release.promise;
  });
  await eventually(() => handled === 500);
  await queue.send(500);
  await eventually(async () => !(await isBlocked(queue.connection)));
  await eventually(async () => (await queue.stats()).active === 1);

  const other = redis.queue<number>({ name });
  expect((await other.receive())?.body).toBe(500);
  release.resolve();
});
