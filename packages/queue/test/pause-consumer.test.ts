import { expect, it } from 'vitest';
import { eventually } from '../../../tooling/eventually.js';
import { busyMs } from '../../../tooling/machine-pace.js';
import { rejection } from '../../../tooling/rejection.js';
import { ConsumerGoneError, consumeAll, type Queue, UnconfirmedError } from '../src/index.js';
import { queueKeys } from '../src/keys.js';
import { leave } from '../src/scripts/leave.js';
import { renew } from '../src/scripts/renew.js';
import {
  consumersOf,
  countBlocked,
  deferred,
  elements,
  expireLeases,
  isBlocked,
} from './support/in-redis.js';
import { startPrinting } from './support/printing-process.js';
import { openConnection, startOwnRedis, type TestQueue, useRedis } from './support/use-redis.js';

const redis = useRedis();

interface Line {
  started?: number;
  ended?: number;
  at: number;
}

/** So many round trips, in which a consumer would have started what it may start. */
async function roundTrips(queue: Queue<never>, count = 50): Promise<void> {
  for (let n = 0; n < count; n += 1) await queue.stats();
}

/** The name of the only consumer, when it has its lease. */
async function onlyConsumer(queue: Queue<never>): Promise<string> {
  const [info] = await eventually(async () => {
    const found = await queue.consumers();
    return found.length === 1 ? found : undefined;
  });
  return info?.consumer ?? '';
}

const bodies = (count: number) => Array.from({ length: count }, (_, body) => ({ body }));

it('a paused consumer starts nothing more and finishes what it has, and those of other processes go on', async () => {
  const queue = redis.queue<number>();
  const input = { url: redis.url, name: queue.name, waitMs: 5, options: { concurrency: 8 } };
  const file = new URL('./support/counting.mjs', import.meta.url);
  const [paused, other] = [startPrinting<Line>(file, input), startPrinting<Line>(file, input)];
  await eventually(async () => (await queue.consumers()).length === 2);
  const total = 1600;
  await queue.sendBatch(bodies(total));
  await eventually(() => paused.lines.length > 50 && other.lines.length > 50);
  const infos = await queue.consumers();
  const { consumer = '' } = infos.find(({ pid }) => pid === paused.child.pid) ?? {};

  await queue.pauseConsumer(consumer, { reason: 'this host is slow' });
  const since = Date.now();

  const atPause = other.lines.length;
  await eventually(() => other.lines.length > atPause + 200);
  await eventually(async () => {
    const its = (await queue.consumers()).find((info) => info.consumer === consumer);
    return its?.held === 0 && its.paused?.reason === 'this host is slow';
  });
  const startedAfter = ({ lines }: typeof paused) =>
    lines.filter(({ started, at }) => started !== undefined && at > since).length;
  expect(startedAfter(paused)).toBe(0);
  expect(startedAfter(other)).toBeGreaterThan(0);
  const count = (what: 'started' | 'ended') =>
    paused.lines.filter((line) => line[what] !== undefined).length;
  await eventually(() => count('started') === count('ended'));
  expect((await queue.stats()).pausedConsumers).toBe(1);

  expect(await queue.resumeConsumer(consumer)).toBe(true);
  await eventually(() => startedAfter(paused) > 0);
  await eventually(async () => (await queue.stats()).total.acked === total);
  const all = [...paused.lines, ...other.lines].flatMap(({ ended }) => ended ?? []);
  expect(new Set(all).size).toBe(total);
  expect(all.length).toBe(total);
  // The queue is a plain one again.
  expect(await queue.connection.call('EXISTS', [`{${queue.name}}:shape`])).toBe(0);
}, 60_000);

it('what a paused consumer had taken ahead is back in its place', async () => {
  const queue = redis.queue<number>();
  const release = deferred();
  const handled: number[] = [];
  queue.consume(
    async ({ body }) => {
      handled.push(body);
      if (body === 500) await release.promise;
    },
    { concurrency: 1 },
  );
  await queue.sendBatch(bodies(1000));
  await eventually(() => handled.length === 501);
  const consumer = await onlyConsumer(queue as never);
  await queue.pauseConsumer(consumer);
  expect(await queue.stats()).toMatchObject({ pending: 499, active: 1 });
  release.resolve();
  await queue.resumeConsumer(consumer);
  await eventually(() => handled.length === 1000);
  expect(handled).toEqual([...handled].sort((a, b) => a - b));
});

it('a paused consumer waits in no blocking move, and another one does', async () => {
  const { url } = await startOwnRedis();
  const connection = openConnection(url);
  const queue = redis.queue<string>({ name: 'q', connection });
  const handled: string[] = [];
  queue.consume(({ body }) => void handled.push(body));
  await eventually(() => isBlocked(connection));
  const consumer = await onlyConsumer(queue as never);
  await queue.pauseConsumer(consumer);
  expect(await isBlocked(connection)).toBe(false);
  await connection.call('LPUSH', ['q', '"pushed"']);
  await roundTrips(queue as never);
  expect(await elements(queue as never)).toEqual(['"pushed"']);
  expect(handled).toEqual([]);

  const others: string[] = [];
  const other = redis.queue<string>({ name: 'q', connection: openConnection(url) });
  other.consume(({ body }) => void others.push(body));
  await eventually(() => others.length === 1);
  await eventually(async () => (await countBlocked(connection)) === 1);
  expect(handled).toEqual([]);
});

it('a paused consumer keeps its lease, and what it settles counts', async () => {
  const queue = redis.queue<number>();
  const release = deferred();
  queue.consume(() => release.promise, { leaseMs: busyMs(300) });
  await queue.send(1);
  await eventually(async () => (await queue.stats()).active === 1);
  const consumer = await onlyConsumer(queue as never);
  const [before] = await queue.consumers();
  await queue.pauseConsumer(consumer);
  await eventually(async () => {
    const [now] = await queue.consumers();
    return Number(now?.leaseEndsAt) > Number(before?.leaseEndsAt) + busyMs(300);
  });
  release.resolve();
  await eventually(async () => (await queue.stats()).total.acked === 1);
  expect((await queue.consumers())[0]).toMatchObject({ consumer, held: 0 });
});

it('a receiver that is paused gets nothing until it is resumed', async () => {
  const queue = redis.queue<string>();
  const waiting = queue.receive();
  const consumer = await onlyConsumer(queue as never);
  await queue.pauseConsumer(consumer);
  await redis.otherEnd(queue).send('hello');
  expect(await queue.receive({ timeoutMs: 20 })).toBeUndefined();
  expect(await queue.stats()).toMatchObject({ pending: 1, active: 0 });
  await queue.resumeConsumer(consumer);
  expect((await waiting)?.body).toBe('hello');
});

it('a consumer of batches and one of several queues are paused for the queue that is named', async () => {
  const [first, second] = [redis.queue<number>(), redis.queue<number>()];
  const handled: string[] = [];
  consumeAll({ [first.name]: 1, [second.name]: 1 }, { connection: first.connection }, (delivery) =>
    handled.push(delivery.queue),
  );
  await first.pauseConsumer(await onlyConsumer(first as never));
  await Promise.all([first.send(1), second.send(2)]);
  await eventually(() => handled.length === 1);
  await roundTrips(first as never);
  expect(handled).toEqual([second.name]);

  const batched = redis.queue<number>();
  const batches: number[] = [];
  batched.consumeBatch(({ length }) => void batches.push(length), { max: 2, maxWaitMs: 1 });
  const consumer = await onlyConsumer(batched as never);
  await batched.pauseConsumer(consumer);
  await batched.sendBatch(bodies(2));
  await roundTrips(batched as never);
  expect(batches).toEqual([]);
  await batched.resumeConsumer(consumer);
  await eventually(() => batches.length > 0);
});

it('the pauses of a queue and of a consumer are independent, and the consumer tells of both', async () => {
  const queue = redis.queue<string>();
  const handled: string[] = [];
  const events: string[] = [];
  const running = queue.consume(({ body }) => void handled.push(body));
  const consumer = await onlyConsumer(queue as never);
  running.on('paused', ({ reason, consumer: only }) => {
    events.push(`${only === consumer ? 'consumer' : only} paused: ${reason}`);
  });
  running.on('resumed', () => events.push('resumed'));
  await queue.pauseConsumer(consumer, { reason: 'its own' });
  await queue.pause({ reason: 'of all' });
  await queue.send('hello');
  expect(await queue.resume()).toBe(true);
  // Another pause resolves when the consumer has put the end of the first one in force.
  await queue.pauseConsumer(consumer, { reason: 'still' });
  await roundTrips(queue as never);
  expect(handled).toEqual([]);
  expect(await queue.resumeConsumer(consumer)).toBe(true);
  expect(await queue.resumeConsumer(consumer)).toBe(false);
  await eventually(() => handled.length === 1);
  await eventually(() => events.at(-1) === 'resumed');
  expect(events.slice(0, 2)).toEqual(['consumer paused: its own', 'undefined paused: of all']);
});

it('the pause of a consumer that stops, or whose lease runs out, is forgotten', async () => {
  const queue = redis.queue<string>();
  const keys = queueKeys(queue.name);
  const running = queue.consume(() => {});
  await queue.pauseConsumer(await onlyConsumer(queue as never));
  await running.stop();
  expect(await queue.connection.call('EXISTS', [keys.shape])).toBe(0);

  const [consumer, leaseMs] = ['silent.30000', 30_000];
  const { connection } = queue;
  await connection.run(renew, { keys, consumer, leaseMs, take: true, inForce: '' });
  await rejection(queue.pauseConsumer(consumer, { timeoutMs: 0 }));
  expect(await connection.call('EXISTS', [keys.shape])).toBe(1);
  await expireLeases(queue as never, [consumer]);
  redis.otherEnd(queue as TestQueue<string>).consume(() => {}, { leaseMs: busyMs(300) });
  await eventually(async () => (await connection.call('EXISTS', [keys.shape])) === 0);
});

it('a consumer that goes on after a lost lease is still paused, under its new name', async () => {
  const queue = redis.queue<string>();
  const handled: string[] = [];
  queue.consume(({ body }) => void handled.push(body), { leaseMs: busyMs(300) });
  const consumer = await onlyConsumer(queue as never);
  await queue.pauseConsumer(consumer, { reason: 'slow' });
  const { since } = (await queue.consumers())[0]?.paused ?? {};
  // As if others had recovered it.
  const input = { keys: queueKeys(queue.name), consumer, mayBeBlocked: true };
  await queue.connection.run(leave, input);
  await queue.send('hello');
  const now = await eventually(async () => {
    const [info] = await queue.consumers();
    return info?.paused && info.consumer !== consumer ? info : undefined;
  });
  expect(now.paused).toEqual({ since, reason: 'slow', until: undefined });
  await roundTrips(queue as never);
  expect(handled).toEqual([]);
  expect(await queue.resumeConsumer(now.consumer)).toBe(true);
  await eventually(() => handled.length === 1);
});

it('who is no consumer cannot be paused, and nothing is declared', async () => {
  const queue = redis.queue<string>();
  const keys = queueKeys(queue.name);
  const running = queue.consume(() => {});
  await eventually(() => isBlocked(queue.connection));
  const [consumer = ''] = await consumersOf(queue as never);
  const input = { keys, consumer, mayBeBlocked: true };
  await running.stop();
  await queue.connection.run(leave, input);
  for (const name of ['nobody.30000', consumer, `~${consumer}`]) {
    const error = await rejection(queue.pauseConsumer(name));
    expect(error).toBeInstanceOf(ConsumerGoneError);
    expect(error).toMatchObject({ code: 'CONSUMER_GONE', retryable: false, consumer: name });
  }
  expect(await queue.resumeConsumer('nobody.30000')).toBe(false);
  expect(await queue.connection.call('EXISTS', [keys.shape])).toBe(0);
});

it('pauseConsumer says when the consumer has not confirmed it, and when it is gone before that', async () => {
  const queue = redis.queue<string>();
  const keys = queueKeys(queue.name);
  const { connection } = queue;
  const [consumer, leaseMs] = ['silent.30000', 30_000];
  await connection.run(renew, { keys, consumer, leaseMs, take: true, inForce: '' });
  // Others keep nobody waiting.
  const other = { keys, consumer: 'other.30000', leaseMs, take: true, inForce: '' };
  await connection.run(renew, other);
  const error = await rejection(queue.pauseConsumer(consumer, { timeoutMs: 50 }));
  expect(error).toBeInstanceOf(UnconfirmedError);
  expect(error).toMatchObject({ code: 'UNCONFIRMED', consumers: [consumer] });
  expect((await queue.stats()).pausedConsumers).toBe(1);

  const paused = rejection(queue.pauseConsumer(consumer));
  await connection.run(leave, { keys, consumer, mayBeBlocked: false });
  expect(await paused).toBeInstanceOf(ConsumerGoneError);
});

it.each([
  ['', {}, 'consumer is the name of a consumer'],
  [5, {}, 'consumer is the name of a consumer'],
  ['any', { reason: 5 }, 'reason is a text'],
  ['any', { timeoutMs: -1 }, 'timeoutMs'],
  ['any', { untilMs: 5 }, 'no option "untilMs"'],
])('pauseConsumer(%o, %o) is refused', async (consumer, options, message) => {
  const queue = redis.queue<string>();
  const error = await rejection(queue.pauseConsumer(consumer as never, options as never));
  expect(error).toMatchObject({
    code: 'INVALID_ARGUMENT',
    message: expect.stringContaining(message),
  });
});
