import { expect, it } from 'vitest';
import { eventually } from '../../../tooling/eventually.js';
import { busyMs } from '../../../tooling/machine-pace.js';
import { rejection } from '../../../tooling/rejection.js';
import { type TestQueue, useRedis } from './support/use-redis.js';

const redis = useRedis();

async function keysOf({ connection, name }: TestQueue<never>): Promise<string[]> {
  const keys = (await connection.call('KEYS', [`*${name}*`])) as Buffer[];
  return keys.map(String);
}

it('nothing is left of a queue that was destroyed', async () => {
  const queue = redis.queue<number>();
  for (const body of [1, 2, 3, 4]) await queue.send(body);
  await queue.send(5, { delayMs: 60_000 });
  await (await queue.receive())?.ack();
  await (await queue.receive())?.deadLetter();
  await queue.receive();
  expect(await queue.destroy()).toEqual({ pending: 1, active: 1, delayed: 1, dead: 1 });
  await queue.close();
  expect(await redis.queue({ name: queue.name }).destroy()).toMatchObject({
    pending: 0,
    active: 0,
  });
  expect(await keysOf(queue as TestQueue<never>)).toEqual([]);
});

it('one with messages of many keys tells how far it has come, and may be ended', async () => {
  const queue = redis.queue<number>();
  await queue.sendBatch(Array.from({ length: 2500 }, (_, body) => ({ body, key: `k${body}` })));
  const parts: number[] = [];
  const ended = new AbortController();
  const first = await queue.destroy({
    signal: ended.signal,
    onProgress: ({ pending }) => {
      parts.push(pending);
      ended.abort();
    },
  });
  expect(first).toMatchObject({ pending: 2000 });
  expect(parts).toEqual([1000]);
  expect(await queue.stats()).toMatchObject({ pending: 500 });
  expect(await queue.destroy({ onProgress: ({ pending }) => parts.push(pending) })).toMatchObject({
    pending: 500,
  });
  await queue.close();
  expect(parts).toEqual([1000]);
  expect(await keysOf(queue as TestQueue<never>)).toEqual([]);
  await expect(queue.destroy({ progress: 1 } as never)).rejects.toThrow(
    'destroy() has no option "progress"',
  );
});

it('a running consumer reports lost, and continues with the messages that are sent from then on', async () => {
  const queue = redis.queue<number>();
  const lost: number[] = [];
  const handled: number[] = [];
  const errors: Error[] = [];
  const consumer = queue.consume(
    async ({ body, signal }) => {
      handled.push(body);
      if (body === 1) await new Promise((resolve) => signal.addEventListener('abort', resolve));
    },
    { leaseMs: busyMs(300) },
  );
  consumer.on('error', (error) => errors.push(error));
  consumer.on('lost', ({ deliveries }) => lost.push(...deliveries.map(({ body }) => body)));
  await queue.send(1);
  await eventually(() => handled.length === 1);
  await queue.destroy();
  await eventually(() => lost.length === 1);
  await queue.send(2);
  await eventually(() => handled.length === 2);
  expect({ lost, handled, errors }).toEqual({ lost: [1], handled: [1, 2], errors: [] });
});

it('a key of another type is refused before anything is deleted', async () => {
  const queue = redis.queue<number>();
  await queue.send(1);
  await queue.connection.call('SET', [`{${queue.name}}:stats`, 'value']);
  expect(await rejection(queue.destroy())).toMatchObject({
    code: 'WRONG_TYPE',
    outcome: 'not-executed',
  });
  expect(await queue.connection.call('LLEN', [queue.name])).toBe(1);
});
