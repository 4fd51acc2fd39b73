import { expect, it } from 'vitest';
import { eventually } from '../../../tooling/eventually.js';
import { rejection } from '../../../tooling/rejection.js';
import { type Queue, UnconfirmedError } from '../src/index.js';
import { queueKeys } from '../src/keys.js';
import { leaseOf } from '../src/scripts/lease.js';
import { leave } from '../src/scripts/leave.js';
import { recover } from '../src/scripts/recover.js';
import { renew } from '../src/scripts/renew.js';
import {
  calls,
  consumersOf,
  countBlocked,
  declaredShape,
  deferred,
  expireLeases,
  isBlocked,
} from './support/in-redis.js';
import { openConnection, startOwnRedis, type TestQueue, useRedis } from './support/use-redis.js';

const redis = useRedis();

/** So long that no heartbeat makes up for a missing signal. */
const leaseMs = 600_000;

/** So many round trips, in which consumers would have started what they may start. */
async function roundTrips(queue: Queue<never>, count = 50): Promise<void> {
  for (let n = 0; n < count; n += 1) await queue.stats();
}

/** How many messages each consumer is said to hold. */
async function holders(queue: TestQueue<never>): Promise<number[]> {
  const reply = await queue.connection.call('HGETALL', [queueKeys(queue.name).holders]);
  return (reply as Buffer[]).filter((_, at) => at % 2 === 1).map(Number);
}

/** Consumers of one queue, each as in a process of its own, whose handlers wait until they are let go. */
function slowConsumers(queue: TestQueue<number>, count: number, concurrency = 10) {
  const running = new Map<number, () => void>();
  const seen = { most: 0, handled: [] as number[] };
  const consumers = Array.from({ length: count }, () => {
    const end = redis.queue<number>({ name: queue.name, connection: openConnection(redis.url) });
    return end.consume(
      async ({ body }) => {
        const { promise, resolve } = deferred();
        running.set(body, resolve);
        seen.most = Math.max(seen.most, running.size);
        await promise;
        running.delete(body);
        seen.handled.push(body);
      },
      { concurrency, leaseMs },
    );
  });
  const finish = (many: number) => {
    for (const [body, resolve] of [...running].slice(0, many)) {
      running.delete(body);
      resolve();
    }
  };
  return { consumers, running, seen, finish };
}

/** Leases messages for a consumer in name only, which does nothing with them. */
async function leaseInVain({ name, connection }: TestQueue<never>, count: number) {
  const keys = queueKeys(name);
  const consumer = 'silent';
  const shape = await declaredShape(connection, keys);
  const { version } = shape;
  await connection.run(renew, { keys, consumer, leaseMs: 30_000, take: true, inForce: version });
  const leased = await connection.run(leaseOf(shape), {
    keys,
    version,
    consumer,
    from: 'RIGHT',
    count,
    asBatch: true,
    withList: true,
    withSuspect: false,
    firstReceipt: 1,
    handedOff: undefined,
    acked: { batches: [], receipts: [], expired: 0 },
  });
  expect(leased).toMatchObject({ status: 'held', elements: { length: count } });
  return consumer;
}

it('at most so many messages are active over all consumers, and as many as that', async () => {
  const queue = redis.queue<number>();
  await queue.limits.set({ concurrency: 5 });
  await queue.sendBatch(Array.from({ length: 100 }, (_, body) => ({ body })));
  const { running, seen, finish } = slowConsumers(queue, 3);
  for (let left = 100; left > 0; left -= 2) {
    await eventually(() => running.size === Math.min(5, left));
    expect((await queue.stats()).active).toBeLessThanOrEqual(5);
    finish(2);
  }
  await eventually(() => seen.handled.length === 100);
  expect(seen.most).toBe(5);
  await eventually(async () => (await holders(queue as never)).length === 0);
});

it('a consumer that was held up is told when another one leaves room', async () => {
  const queue = redis.queue<number>();
  await queue.limits.set({ concurrency: 2 });
  const first = slowConsumers(queue, 1, 2);
  await queue.sendBatch([1, 2].map((body) => ({ body })));
  await eventually(() => first.running.size === 2);
  const second = slowConsumers(queue, 1, 2);
  await eventually(async () => (await consumersOf(queue as never)).length === 2);
  await queue.sendBatch([3, 4].map((body) => ({ body })));
  await roundTrips(queue as never);
  expect(second.running.size).toBe(0);

  const [consumer] = first.consumers;
  await consumer?.pause();
  first.finish(2);
  await eventually(() => second.running.size === 2);
  second.finish(2);
  await eventually(() => second.seen.handled.length === 2);
});

it.each(['retry', 'deadLetter'] as const)('%s leaves room for others', async (settle) => {
  const queue = redis.queue<string>({ consume: { leaseMs } });
  const other = redis.queue<string>({
    name: queue.name,
    connection: openConnection(redis.url),
    consume: { leaseMs },
  });
  await queue.limits.set({ concurrency: 1 });
  await queue.send('first');
  const first = await queue.receive();
  await queue.send('second');
  expect(await other.receive({ timeoutMs: 0 })).toBeUndefined();
  const waiting = other.receive();
  await roundTrips(queue as never);
  await first?.[settle]();
  const next = await waiting;
  expect(next?.body).toBe(settle === 'retry' ? 'first' : 'second');
  expect(await queue.receive({ timeoutMs: 0 })).toBeUndefined();
  await next?.ack();
});

it('what a dead consumer held leaves room when it is recovered', async () => {
  const queue = redis.queue<number>();
  await queue.limits.set({ concurrency: 3 });
  await queue.sendBatch([1, 2, 3, 4].map((body) => ({ body })));
  const dead = await leaseInVain(queue as never, 3);
  const { running, consumers } = slowConsumers(queue, 1);
  await eventually(async () => (await consumersOf(queue as never)).length === 2);
  await roundTrips(queue as never);
  expect(running.size).toBe(0);
  await expireLeases(queue as never, [dead]);
  const keys = queueKeys(queue.name);
  const recovered = await queue.connection.run(recover, { keys, overdue: dead, maxAttempts: 5 });
  expect(recovered).toEqual({ returned: 3, deadLettered: 0 });
  // One suspect at a time, and the one that nobody had.
  await eventually(() => running.size === 2);
  await consumers[0]?.stop({ timeoutMs: 0 });
});

it('an idle consumer of a limited queue wakes up when a message is pushed by LPUSH', async () => {
  const queue = redis.queue<string>();
  await queue.limits.set({ concurrency: 2 });
  const handled: string[] = [];
  queue.consume(({ body }) => void handled.push(body), { concurrency: 5, leaseMs });
  const before = await calls(queue.connection, 'evalsha');
  for (const body of ['a', 'b', 'c']) {
    await eventually(() => isBlocked(queue.connection));
    await queue.connection.call('LPUSH', [queue.name, JSON.stringify(body)]);
    await eventually(() => handled.includes(body));
  }
  // It waits for the bell, and asks only when that has rung.
  expect((await calls(queue.connection, 'evalsha')) - before).toBeLessThan(50);
});

it('a message that does not fit under the limit stays in the list, whatever its consumers wait for', async () => {
  const queue = redis.queue<number>();
  await queue.limits.set({ concurrency: 2 });
  const { running, finish, seen } = slowConsumers(queue, 3);
  await eventually(async () => (await countBlocked(queue.connection)) === 3);
  for (let body = 0; body < 10; body += 1) {
    await queue.connection.call('LPUSH', [queue.name, String(body)]);
  }
  await eventually(() => running.size === 2);
  await roundTrips(queue as never);
  expect(await queue.connection.call('LLEN', [queue.name])).toBe(8);
  for (let n = 0; n < 10; n += 1) {
    await eventually(() => running.size > 0);
    finish(1);
    await eventually(() => seen.handled.length === n + 1);
  }
  expect(seen.most).toBe(2);
});

it('a consumer of a queue that takes the newest first waits at that end', async () => {
  const queue = redis.queue<string>();
  await queue.limits.set({ concurrency: 1 });
  const handled: string[] = [];
  queue.consume(({ body }) => void handled.push(body), { order: 'lifo' });
  await eventually(() => isBlocked(queue.connection));
  await queue.connection.call('LPUSH', [queue.name, '"older"', '"newer"']);
  await eventually(() => handled.length === 2);
  expect(handled).toEqual(['newer', 'older']);
});

it('a limit that is set while consumers run is in force when set resolves', async () => {
  const queue = redis.queue<number>();
  const { running, seen, finish } = slowConsumers(queue, 3, 4);
  await queue.sendBatch(Array.from({ length: 40 }, (_, body) => ({ body })));
  await eventually(() => running.size === 12);
  await queue.limits.set({ concurrency: 3 });
  expect((await holders(queue as never)).reduce((sum, held) => sum + held, 0)).toBe(12);
  finish(8);
  await eventually(() => seen.handled.length === 8);
  await roundTrips(queue as never);
  expect(running.size).toBe(4);
  seen.most = 0;
  finish(4);
  await eventually(() => running.size === 3);
  await roundTrips(queue as never);
  expect(seen.most).toBe(3);

  await queue.limits.set({ concurrency: 5 });
  await eventually(() => running.size === 5);
  expect(await queue.limits.clear()).toBe(true);
  await eventually(() => running.size === 12);
  expect(await queue.limits.clear()).toBe(false);
  expect(await queue.limits.get()).toEqual({});
  expect(
    await queue.connection.call('EXISTS', [`{${queue.name}}:shape`, `{${queue.name}}:holders`]),
  ).toBe(0);
  const all = setInterval(() => finish(12), 1);
  await eventually(() => seen.handled.length === 40);
  clearInterval(all);
});

it('a limit that is taken away and set again counts only what is held then', async () => {
  const queue = redis.queue<string>();
  await queue.limits.set({ concurrency: 1 });
  await queue.send('held');
  const held = await queue.receive();
  await queue.limits.clear('concurrency');
  await held?.ack();
  await queue.send('next');
  await queue.limits.set({ concurrency: 1 });
  const next = await queue.receive({ timeoutMs: 1000 });
  expect(next?.body).toBe('next');
  await next?.ack();
});

it('set changes the limits that are named, and those that hold already change nothing', async () => {
  const queue = redis.queue<string>();
  await queue.limits.set({ concurrency: 5 });
  const version = () => queue.connection.call('HGET', [`{${queue.name}}:shape`, 'version']);
  const before = await version();
  await queue.limits.set({ concurrency: 5 });
  await queue.limits.set({ concurrency: undefined });
  await queue.limits.set({});
  expect(await version()).toEqual(before);
  expect(await queue.limits.get()).toEqual({ concurrency: 5 });
  expect((await queue.stats()).limits).toEqual({ concurrency: 5 });
  await queue.pause();
  await queue.limits.set({ concurrency: null });
  expect(await queue.limits.get()).toEqual({});
  expect((await queue.stats()).paused).toBeDefined();
});

it('set says which consumers have not confirmed the limits', async () => {
  const queue = redis.queue<string>();
  const keys = queueKeys(queue.name);
  const consumer = 'silent.30000';
  const { connection } = queue;
  await connection.run(renew, { keys, consumer, leaseMs: 30_000, take: true, inForce: '' });
  const error = await rejection(queue.limits.set({ concurrency: 5 }, { timeoutMs: 20 }));
  expect(error).toBeInstanceOf(UnconfirmedError);
  expect(error).toMatchObject({
    code: 'UNCONFIRMED',
    consumers: [consumer],
    message: expect.stringContaining('Call limits.set() again'),
  });
  expect(await queue.limits.get()).toEqual({ concurrency: 5 });
  await connection.run(leave, { keys, consumer, mayBeBlocked: false });
  await queue.limits.set({ concurrency: 5 });
});

it('a limit also holds for consumers that hear no signals', async () => {
  const { url, port } = await startOwnRedis();
  const admin = openConnection(url);
  await admin.call('ACL', ['SETUSER', 'deaf', 'on', '>secret', '~*', '+@all', '-subscribe']);
  const queue = redis.queue<string>({ name: 'q', connection: admin });
  await queue.limits.set({ concurrency: 1 });
  await queue.send('first');
  const first = await queue.receive();
  const connection = openConnection(`redis://deaf:secret@127.0.0.1:${port}`);
  const worker = redis.queue<string>({ name: 'q', connection });
  const handled: string[] = [];
  const consumer = worker.consume(({ body }) => void handled.push(body), { leaseMs: 300 });
  consumer.on('error', () => {});
  await queue.send('second');
  await roundTrips(queue as never);
  expect(handled).toEqual([]);
  await first?.ack();
  await eventually(() => handled.length === 1);
});

it.each([
  [{ concurrency: 0 }, 'concurrency must be a whole number'],
  [{ concurrency: '5' }, 'concurrency must be a whole number'],
  [{ speed: 1 }, 'no option "speed"'],
  [5, 'options of limits.set() are an object'],
])('set refuses %o and changes nothing', async (limits, message) => {
  const queue = redis.queue<string>();
  const error = await rejection(queue.limits.set(limits as never));
  expect(error).toMatchObject({
    code: 'INVALID_ARGUMENT',
    message: expect.stringContaining(message),
  });
  expect(await queue.limits.get()).toEqual({});
});

it('set refuses a timeout that cannot be, and clear a limit that does not exist', async () => {
  const queue = redis.queue<string>();
  expect(await rejection(queue.limits.set({ concurrency: 1 }, { timeoutMs: -1 }))).toMatchObject({
    code: 'INVALID_ARGUMENT',
    message: expect.stringContaining('timeoutMs'),
  });
  expect(await rejection(queue.limits.clear('speed' as never))).toMatchObject({
    code: 'INVALID_ARGUMENT',
    message: expect.stringMatching(/^There is no limit "speed". There are: rate, concurrency, /),
  });
  expect(await queue.limits.get()).toEqual({});
});
