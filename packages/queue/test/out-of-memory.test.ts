import type { Connection } from '@redpost/core';
import { expect, it } from 'vitest';
import { eventually } from '../../../tooling/eventually.js';
import { rejection } from '../../../tooling/rejection.js';
import { Queue } from '../src/index.js';
import { queueKeys } from '../src/keys.js';
import { release } from '../src/scripts/release.js';
import { atRest, calls, consumersOf, expireLeases } from './support/in-redis.js';
import { openConnection, startOwnRedis } from './support/use-redis.js';

async function startSmallRedis() {
  const redis = await startOwnRedis({
    args: ['--maxmemory', '3mb', '--maxmemory-policy', 'noeviction'],
  });
  const queue = (connection: Connection, consume = {}) =>
    Object.assign(new Queue<string>('q', { connection, consume }), { connection });
  return { url: redis.url, queue };
}

/** From now on, Redis is out of memory however little it holds. */
const leaveNoMemory = (connection: Connection) =>
  connection.call('CONFIG', ['SET', 'maxmemory', '1']);

/** Where this does not fit any more, something smaller may. */
const body = 'x'.repeat(20_000);

/** Sends until Redis is full: how many it took, and what it said then. */
async function fill(queue: Queue<string>) {
  for (let sent = 0; sent < 1000; sent += 1) {
    try {
      await queue.send(body);
    } catch (thrown) {
      return { sent, error: await rejection(Promise.reject(thrown)) };
    }
  }
  throw new Error('Redis does not fill up');
}

it('a full Redis refuses sends, is drained by its consumer, and takes sends again', async () => {
  const redis = await startSmallRedis();
  const queue = redis.queue(openConnection(redis.url));

  const { sent, error } = await fill(queue);
  const refusal = { code: 'OUT_OF_MEMORY', outcome: 'not-executed', retryable: true };
  expect(error).toMatchObject(refusal);
  expect(await rejection(queue.send(body, { delayMs: 1 }))).toMatchObject(refusal);
  expect((await queue.stats()).pending).toBe(sent);

  let handled = 0;
  const consumer = queue.consume(() => {
    handled += 1;
  });
  await eventually(() => handled === sent);
  expect(await queue.send(body)).toBeTruthy();
  await eventually(() => handled === sent + 1);
  await consumer.stop();
  expect(await atRest(queue as never)).toEqual({ pending: 0, delayed: 0, dead: 0 });
});

it('without any memory, everything that takes messages out of a queue works', async () => {
  const redis = await startSmallRedis();
  const connection = openConnection(redis.url);
  const queue = redis.queue(connection);
  await queue.send('recovered');
  // This one dies with a message, which comes back as a suspect.
  const dying = redis.queue(openConnection(redis.url));
  await dying.receive();
  await dying.connection.close();
  await expireLeases(queue as never, await consumersOf(queue as never));
  await queue.send('due', { delayMs: 300 });
  const bodies = ['acked', 'retried', 'retried at once', 'dead-lettered', 'released'];
  await queue.sendBatch(bodies.map((body) => ({ body })));
  await leaveNoMemory(connection);

  const handled: string[] = [];
  const errors: Error[] = [];
  const consumer = queue.consume(
    async (delivery) => {
      const { body, attempt } = delivery;
      handled.push(`${body} ${attempt}`);
      if (body.startsWith('retried') && attempt === 1) {
        await delivery.retry({ delayMs: body === 'retried' ? 1000 : 0 });
      }
      if (body === 'dead-lettered') await delivery.deadLetter();
      await delivery.extend().catch(() => {});
      // Its handler does not end by itself: the message returns to the queue when the consumer stops.
      if (body === 'released') await new Promise(() => {});
    },
    { concurrency: 2, leaseMs: 3000 },
  );
  consumer.on('error', (error) => errors.push(error));

  const expected = [
    'acked 1',
    'dead-lettered 1',
    'due 1',
    'recovered 2',
    'released 1',
    'retried 1',
    'retried 2',
    'retried at once 1',
    'retried at once 2',
  ];
  await eventually(() => handled.length >= expected.length);
  await consumer.stop({ timeoutMs: 0 });

  expect(handled.sort()).toEqual(expected);
  expect(await atRest(queue as never)).toEqual({ pending: 1, delayed: 0, dead: 1 });
  // The idle wait is refused: said once, and then made up for by asking now and then.
  expect(errors).toMatchObject([{ code: 'OUT_OF_MEMORY' }]);
});

it('a consumer that waits without memory asks now and then, on one socket', async () => {
  const redis = await startSmallRedis();
  const connection = openConnection(redis.url);
  const queue = redis.queue(connection);
  await leaveNoMemory(connection);
  const handled: string[] = [];
  const errors: Error[] = [];
  const consumer = queue.consume(({ body }) => handled.push(body));
  consumer.on('error', (error) => errors.push(error));
  await eventually(() => errors.length === 1);
  const accepted = async () =>
    /total_connections_received:(\d+)/.exec(String(await connection.call('INFO', ['stats'])))?.[1];
  const before = await accepted();
  const asked = await calls(connection, 'evalsha');

  await eventually(async () => (await calls(connection, 'evalsha')) > asked + 8);
  expect(await accepted()).toBe(before);

  await connection.call('CONFIG', ['SET', 'maxmemory', '0']);
  await queue.send('hello');
  await eventually(() => handled.length === 1);
  expect(errors).toHaveLength(1);
  await consumer.stop();
});

it('messages that were leased ahead return without needing memory', async () => {
  const redis = await startSmallRedis();
  const connection = openConnection(redis.url);
  const queue = redis.queue(connection);
  await queue.send('a');
  const delivery = await queue.receive();
  const [consumer] = await consumersOf(queue as never);
  await leaveNoMemory(connection);

  const receipts = [Number(/\d+$/.exec(delivery?.receipt ?? '')?.[0])];
  const input = { keys: queueKeys('q'), consumer: String(consumer), receipts };
  expect(await connection.run(release, { ...input, wereStarted: true })).toBe(1);

  expect((await queue.stats()).pending).toBe(1);
});

it('a consumer that lost its lease without memory is remembered', async () => {
  const redis = await startSmallRedis();
  const connection = openConnection(redis.url);
  const queue = redis.queue(connection, { leaseMs: 300 });
  await queue.send('a');
  const delivery = await queue.receive();
  await leaveNoMemory(connection);
  const [name] = await consumersOf(queue as never);
  let lost = 0;
  queue.on('lost', () => {
    lost += 1;
  });
  await connection.call('ZREM', ['{q}:consumers', String(name)]);

  await eventually(() => lost === 1);

  await expect(delivery?.ack()).rejects.toMatchObject({ code: 'LEASE_LOST' });
  const again = await queue.receive({ timeoutMs: 30_000 });
  expect(again?.body).toBe('a');
  await again?.ack();
  await queue.close();
});
