import { expect, it } from 'vitest';
import { eventually } from '../../../tooling/eventually.js';
import type { Delivery } from '../src/index.js';
import { queueKeys } from '../src/keys.js';
import { leaseOf } from '../src/scripts/lease.js';
import { leave } from '../src/scripts/leave.js';
import { plain } from '../src/shape/shape.js';
import { atRest, consumersOf, deferred, expireLeases } from './support/in-redis.js';
import { type TestQueue, useRedis } from './support/use-redis.js';

const redis = useRedis();
const numbers = (count: number) => Array.from({ length: count }, (_, n) => n);

/** The batches of all consumers, as `<first receipt>:<how many>`. */
async function batchesOf<Body>({ connection, name }: TestQueue<Body>): Promise<string[]> {
  const keys = (await connection.call('KEYS', [`{${name}}:batches:*`])) as Buffer[];
  const batches = await Promise.all(keys.map((key) => connection.call('HKEYS', [key])));
  return (batches.flat() as Buffer[]).map(String);
}

/** How many fields the active messages of all consumers are. */
async function singles<Body>({ connection, name }: TestQueue<Body>): Promise<number> {
  const keys = (await connection.call('KEYS', [`{${name}}:active:*`])) as Buffer[];
  const counts = await Promise.all(keys.map((key) => connection.call('HLEN', [key])));
  return counts.reduce<number>((sum, count) => sum + Number(count), 0);
}

/** A consumer of ten messages, all of which are being handled; each ends as `settle` says. */
async function tenAtOnce(
  queue: TestQueue<number>,
  settle: (delivery: Delivery<number>) => unknown,
) {
  await queue.sendBatch(numbers(10).map((body) => ({ body })));
  const begun: number[] = [];
  const consumer = queue.consume(
    async (delivery) => {
      begun.push(delivery.body);
      await settle(delivery);
    },
    { concurrency: 10 },
  );
  await eventually(() => begun.length >= 10);
  return { consumer, begun };
}

/** The victim dies; what another consumer gets then, once it is so many. */
async function rescued(
  queue: TestQueue<number>,
  victim: TestQueue<number>,
  count: number,
): Promise<number[]> {
  await expireLeases(queue as never, await consumersOf(queue as never));
  await victim.connection.close();
  const bodies: number[] = [];
  queue.consume(({ body }) => bodies.push(body), { leaseMs: 300 });
  await eventually(() => bodies.length === count);
  return bodies;
}

/** A consumer that runs the scripts by itself, and as many messages as it wants. */
async function scripted(queue: TestQueue<number>, count: number) {
  const { connection, name } = queue;
  const [keys, consumer] = [queueKeys(name), 'c'];
  await connection.call('ZADD', [keys.consumers, 1e15, consumer]);
  await queue.sendBatch(numbers(count).map((body) => ({ body })));
  const input = { keys, consumer, from: 'RIGHT', asBatch: true, withSuspect: false } as const;
  const none = { batches: [], receipts: [], expired: 0 };
  const leaseBatch = (leased: number, firstReceipt: number, acked = {}) =>
    connection.run(leaseOf(plain), {
      version: plain.version,
      ...{ ...input, count: leased, withList: true, firstReceipt, handedOff: undefined },
      acked: { ...none, ...acked },
    });
  return { keys, consumer, leaseBatch };
}

it('messages that are leased together are one field in Redis until they are settled together', async () => {
  const queue = redis.queue<number>();
  const release = deferred();
  await tenAtOnce(queue, () => release.promise);

  expect(await batchesOf(queue)).toEqual(['1:10']);
  expect(await singles(queue)).toBe(0);
  expect((await queue.stats()).active).toBe(10);
  release.resolve();

  expect(await atRest(queue as never)).toEqual({ pending: 0, delayed: 0, dead: 0 });
  expect((await queue.stats()).total).toMatchObject({ acked: 10, retried: 0 });
});

it('messages of a batch that are acknowledged before their consumer dies are not delivered again', async () => {
  const queue = redis.queue<number>();
  const victim = redis.queue<number>({ name: queue.name });
  await tenAtOnce(victim, ({ body }) => body < 4 || new Promise(() => {}));
  await eventually(async () => (await queue.stats()).total.acked === 4);
  expect(await batchesOf(queue)).toEqual([]);
  expect(await singles(queue)).toBe(6);

  expect((await rescued(queue, victim, 6)).sort()).toEqual([4, 5, 6, 7, 8, 9]);
  await eventually(async () => (await queue.stats()).total.acked === 10);
});

it('a batch whose consumer dies as a whole is recovered', async () => {
  const queue = redis.queue<number>();
  const victim = redis.queue<number>({ name: queue.name });
  const release = deferred();
  await tenAtOnce(victim, () => release.promise);
  expect(await batchesOf(queue)).toEqual(['1:10']);

  expect(await rescued(queue, victim, 10)).toEqual(numbers(10));
  expect(await atRest(queue as never)).toEqual({ pending: 0, delayed: 0, dead: 0 });
  expect((await queue.stats()).total).toMatchObject({ acked: 10, recovered: 10 });
  release.resolve();
});

it.each([
  ['retried', (delivery: Delivery<number>) => delivery.retry({ delayMs: 60_000 }), 'delayed'],
  ['dead-lettered', (delivery: Delivery<number>) => delivery.deadLetter(), 'dead'],
] as const)('one of a batch may be %s, the others are not touched', async (_how, settle, state) => {
  const queue = redis.queue<number>();
  const release = deferred();
  await tenAtOnce(queue, (delivery) => (delivery.body === 3 ? settle(delivery) : release.promise));
  await eventually(async () => (await queue.stats())[state] === 1);
  expect(await queue.stats()).toMatchObject({ active: 9, [state]: 1 });
  release.resolve();

  expect(await atRest(queue as never)).toMatchObject({ pending: 0, [state]: 1 });
  expect((await queue.stats()).total.acked).toBe(9);
});

it('unfinished messages of a stopped consumer return in their order', async () => {
  const queue = redis.queue<number>();
  const { consumer } = await tenAtOnce(queue, () => new Promise(() => {}));
  await consumer.stop({ timeoutMs: 0 });
  const again: number[] = [];
  queue.consume(({ body }) => again.push(body));

  await eventually(() => again.length === 10);
  expect(again).toEqual(numbers(10));
});

it('a consumer that leaves returns its batches in their order', async () => {
  const queue = redis.queue<number>();
  const { connection } = queue;
  const { keys, consumer, leaseBatch } = await scripted(queue, 6);
  await leaseBatch(3, 1);
  await leaseBatch(3, 4);
  await connection.run(leave, { keys, consumer, mayBeBlocked: false });

  expect((await queue.peek(10)).map(({ body }) => body)).toEqual(numbers(6));
  expect(await batchesOf(queue)).toEqual([]);
});

it('a single message is not a batch', async () => {
  const queue = redis.queue<number>();
  const { leaseBatch } = await scripted(queue, 1);
  await leaseBatch(1, 1);

  expect(await batchesOf(queue)).toEqual([]);
  expect(await singles(queue)).toBe(1);
});

it('a whole batch can be acknowledged when it was taken apart, and twice, and is counted once', async () => {
  const queue = redis.queue<number>();
  const { leaseBatch } = await scripted(queue, 6);
  await leaseBatch(3, 1);
  await leaseBatch(3, 4);
  expect((await batchesOf(queue)).sort()).toEqual(['1:3', '4:3']);

  await leaseBatch(0, 7, { receipts: [2] });
  expect(await singles(queue)).toBe(5);
  await leaseBatch(0, 7, { batches: [{ first: 4, count: 3 }], receipts: [1] });
  await leaseBatch(0, 7, { batches: [{ first: 4, count: 3 }], receipts: [1, 3] });

  expect((await queue.stats()).total.acked).toBe(6);
  expect(await singles(queue)).toBe(0);
});
