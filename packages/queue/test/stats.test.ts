import { expect, it } from 'vitest';
import { eventually } from '../../../tooling/eventually.js';
import { useRedis } from './support/use-redis.js';

const redis = useRedis();

it('stats count the messages in each state', async () => {
  const queue = redis.queue<number>();
  await queue.sendBatch([1, 2, 3, 4].map((body) => ({ body })));
  await queue.send(5, { delayMs: 60_000 });
  await (await queue.receive())?.ack();
  await (await queue.receive())?.deadLetter();
  await queue.receive();

  expect(await queue.stats()).toEqual({
    pending: 1,
    active: 1,
    delayed: 1,
    dead: 1,
    schedules: 0,
    flows: 0,
    outbox: { pending: 0 },
    consumers: 1,
    pausedConsumers: 0,
    limits: {},
    total: {
      acked: 1,
      retried: 0,
      dead: 1,
      expired: 0,
      cancelled: 0,
      recovered: 0,
      dropped: 0,
      trimmed: 0,
    },
  });
});

it('stats of a queue that never was are all zero', async () => {
  const { pending, active, delayed, dead, consumers } = await redis.queue().stats();

  expect([pending, active, delayed, dead, consumers]).toEqual([0, 0, 0, 0, 0]);
});

it('peek takes no message, and shows messages that cannot be read', async () => {
  const queue = redis.queue<unknown>();
  await queue.send('a', { id: 'x' });
  await queue.connection.call('LPUSH', [queue.name, '{oops']);

  expect(await queue.peek()).toMatchObject([
    { id: 'x', body: 'a', attempt: 0 },
    { id: undefined, body: undefined, bytes: Buffer.from('{oops') },
  ]);
  expect(await queue.peek(1)).toHaveLength(1);
  expect((await queue.stats()).pending).toBe(2);
  await expect(queue.peek(0)).rejects.toThrow(/count/);
});

it('purge deletes waiting messages, and nothing else', async () => {
  const queue = redis.queue<number>();
  await queue.sendBatch([1, 2, 3, 4].map((body) => ({ body })));
  await queue.send(5, { delayMs: 60_000 });
  await (await queue.receive())?.deadLetter();
  const held = await queue.receive();

  expect(await queue.purge()).toEqual({ pending: 2, delayed: 1 });

  await held?.ack();
  await eventually(async () => (await queue.stats()).active === 0);
  expect(await queue.stats()).toMatchObject({ pending: 0, delayed: 0, dead: 1 });
});
