import { performance } from 'node:perf_hooks';
import { expect, it } from 'vitest';
import { eventually } from '../../../tooling/eventually.js';
import { busyMs } from '../../../tooling/machine-pace.js';
import { mostInWindow } from '../../../tooling/most-in-window.js';
import { rejection } from '../../../tooling/rejection.js';
import { consumeAll, type Queue } from '../src/index.js';
import { queueKeys } from '../src/keys.js';
import { leaseOf } from '../src/scripts/lease.js';
import { release } from '../src/scripts/release.js';
import { renew } from '../src/scripts/renew.js';
import { reshape } from '../src/scripts/reshape.js';
import { calls, declaredShape, isBlocked } from './support/in-redis.js';
import { openConnection, type TestQueue, useRedis } from './support/use-redis.js';

const redis = useRedis();

async function send(queue: Queue<number>, count: number): Promise<void> {
  await queue.sendBatch(Array.from({ length: count }, (_, body) => ({ body })));
}

/** A consumer in name only, and what it can do with the scripts. */
async function scripted({ name, connection }: TestQueue<never>, consumer: string) {
  const keys = queueKeys(name);
  const shape = await declaredShape(connection, keys);
  const { version } = shape;
  await connection.run(renew, { keys, consumer, leaseMs: 30_000, take: true, inForce: version });
  let firstReceipt = 1;
  return {
    /** Resolves to the receipts, and when to ask again. */
    async lease(count: number, slackMs = 0) {
      const first = firstReceipt;
      firstReceipt += count;
      const leased = await connection.run(leaseOf(shape), {
        keys,
        version,
        consumer,
        slackMs,
        from: 'RIGHT',
        count,
        asBatch: true,
        withList: true,
        withSuspect: false,
        firstReceipt: first,
        handedOff: undefined,
        acked: { batches: [], receipts: [], expired: 0 },
      });
      if (leased.status !== 'held') throw new Error(leased.status);
      const { elements, askAgainMs } = leased;
      return { receipts: elements.map((_, at) => first + at), askAgainMs };
    },
    release: (receipts: number[], wereStarted = false) =>
      connection.run(release, { keys, consumer, receipts, wereStarted }),
  };
}

it('starts are spaced evenly, and no window has more than max', async () => {
  const queue = redis.queue<number>();
  const rate = { max: 50, perMs: 500 };
  await queue.limits.set({ rate });
  await send(queue, 120);
  const starts: number[] = [];
  queue.consume(() => void starts.push(performance.now()), { concurrency: 20 });
  await eventually(() => starts.length === 120);
  expect(mostInWindow(rate.perMs, starts)).toBeLessThanOrEqual(rate.max);
  // The first one at once, and 119 more in 520 ms for each 50.
  const tookMs = (starts.at(-1) as number) - (starts[0] as number);
  expect(tookMs).toBeGreaterThan((118 / rate.max) * rate.perMs);
});

it('with a burst so many more start together, and no window has more than max + burst', async () => {
  const queue = redis.queue<number>();
  const rate = { max: 10, perMs: 300, burst: 5 };
  await queue.limits.set({ rate });
  await send(queue, 40);
  const starts: number[] = [];
  queue.consume(() => void starts.push(performance.now()), { concurrency: 20 });
  await eventually(() => starts.length === 40);
  expect((starts[5] as number) - (starts[0] as number)).toBeLessThan(busyMs(rate.perMs / rate.max));
  expect(mostInWindow(rate.perMs, starts)).toBeLessThanOrEqual(15);
});

it('two consumers share the rate, also when one of them stops and another one comes', async () => {
  const queue = redis.queue<number>();
  const rate = { max: 20, perMs: 250 };
  await queue.limits.set({ rate });
  await send(queue, 100);
  const starts: number[] = [];
  const start = () => {
    const end = redis.queue<number>({ name: queue.name, connection: openConnection(redis.url) });
    return end.consume(() => void starts.push(performance.now()), { concurrency: 10 });
  };
  const [first] = [start(), start()];
  await eventually(() => starts.length > 30);
  await first?.stop();
  start();
  await eventually(() => starts.length === 100);
  expect(mostInWindow(rate.perMs, starts)).toBeLessThanOrEqual(rate.max);
});

it('handlers that are slower than the rate start when they are free', async () => {
  const queue = redis.queue<number>();
  await queue.limits.set({ rate: { max: 1000, perMs: 1000 } });
  await send(queue, 20);
  let [running, most, handled] = [0, 0, 0];
  queue.consume(
    async () => {
      running += 1;
      most = Math.max(most, running);
      await queue.stats();
      running -= 1;
      handled += 1;
    },
    { concurrency: 2 },
  );
  await eventually(() => handled === 20);
  expect(most).toBeLessThanOrEqual(2);
});

it('an idle consumer wakes up when a message is pushed by LPUSH, and asks no more than that', async () => {
  const queue = redis.queue<string>();
  await queue.limits.set({ rate: { max: 100, perMs: 1000 } });
  const handled: string[] = [];
  queue.consume(({ body }) => void handled.push(body), { concurrency: 10, leaseMs: 600_000 });
  for (const body of ['a', 'b', 'c']) {
    await eventually(() => isBlocked(queue.connection));
    await queue.connection.call('LPUSH', [queue.name, JSON.stringify(body)]);
    await eventually(() => handled.includes(body));
  }
});

it('a consumer that waits for the rate sleeps until the next start is allowed', async () => {
  const queue = redis.queue<number>();
  await queue.limits.set({ rate: { max: 2, perMs: 1000 } });
  await send(queue, 10);
  const starts: number[] = [];
  queue.consume(() => void starts.push(performance.now()), { concurrency: 5 });
  await eventually(() => starts.length === 1);
  const before = await calls(queue.connection, 'evalsha');
  await eventually(() => starts.length === 3);
  // A call for each start, and some for the shape, the heartbeat and what is due.
  expect((await calls(queue.connection, 'evalsha')) - before).toBeLessThan(20);
  expect(await queue.connection.call('LLEN', [queue.name])).toBe(7);
});

it('receive takes no more than the rate allows', async () => {
  const queue = redis.queue<number>();
  await queue.limits.set({ rate: { max: 2, perMs: 600 } });
  await send(queue, 3);
  const began = performance.now();
  const first = await queue.receive();
  expect(await queue.receive({ timeoutMs: 0 })).toBeUndefined();
  const second = await queue.receive();
  const third = await queue.receive();
  expect([first?.body, second?.body, third?.body]).toEqual([0, 1, 2]);
  expect(performance.now() - began).toBeGreaterThan(600);
});

it('Redis grants as many as are due at once, and says in how many ms the next one is', async () => {
  const queue = redis.queue<number>();
  await queue.limits.set({ rate: { max: 10, perMs: 1_000_000, burst: 2 } });
  await send(queue, 20);
  const consumer = await scripted(queue as never, 'silent');
  expect(await consumer.lease(2)).toMatchObject({ receipts: { length: 2 }, askAgainMs: undefined });
  const { receipts, askAgainMs = 0 } = await consumer.lease(5);
  expect(receipts).toHaveLength(1);
  // A tenth of 1 000 000 ms and of 4 % more, less the 2 % of quiet time that it makes up for.
  expect(askAgainMs).toBeGreaterThan(83_000);
  expect(askAgainMs).toBeLessThanOrEqual(84_000);
});

it('what was leased and not started is given back to the rate, once and by its consumer only', async () => {
  const queue = redis.queue<number>();
  await queue.limits.set({ rate: { max: 10, perMs: 1_000_000, burst: 4 } });
  await send(queue, 20);
  const one = await scripted(queue as never, 'one');
  const other = await scripted(queue as never, 'other');
  const { receipts } = await one.lease(10);
  expect(receipts).toHaveLength(5);
  expect((await other.lease(1)).receipts).toHaveLength(0);
  const [first = 0, second = 0, ...rest] = receipts;
  expect(await one.release([first], true)).toBe(1);
  expect((await other.lease(1)).receipts).toHaveLength(0);
  expect(await one.release([second])).toBe(1);
  expect(await one.release([second])).toBe(0);
  expect((await other.lease(5)).receipts).toHaveLength(1);
  // It is not the last grant any more.
  expect(await one.release(rest)).toBe(3);
  expect((await other.lease(5)).receipts).toHaveLength(0);
});

it.each([100_000, 10_000_000])(
  'what is given back counts as so many starts as before, also when perMs has become %i',
  async (perMs) => {
    const queue = redis.queue<number>();
    await queue.limits.set({ rate: { max: 10, perMs: 1_000_000, burst: 4 } });
    await send(queue, 20);
    const one = await scripted(queue as never, 'one');
    const { receipts } = await one.lease(10);
    expect(receipts).toHaveLength(5);
    // A consumer in name only does not confirm what queue.limits.set() changes.
    const keys = queueKeys(queue.name);
    await queue.connection.run(reshape, { keys, drop: [], set: { rate_per_ms: perMs } });
    const other = await scripted(queue as never, 'other');
    expect((await other.lease(1)).receipts).toHaveLength(0);
    expect(await one.release(receipts.slice(0, 1))).toBe(1);
    expect(await one.release(receipts.slice(1, 2))).toBe(1);
    expect((await other.lease(5)).receipts).toHaveLength(2);
  },
);

it('a consumer that needs longer for its starts makes all grants allow for that, as long as it has some', async () => {
  const queue = redis.queue<number>();
  await queue.limits.set({ rate: { max: 10, perMs: 1000 } });
  await send(queue, 20);
  const far = await scripted(queue as never, 'far');
  const near = await scripted(queue as never, 'near');
  expect((await far.lease(1, 2000)).receipts).toHaveLength(1);
  // (1000 + 2000 + 20) / 10, and not (1000 + 20 + 20) / 10.
  const { receipts, askAgainMs = 0 } = await near.lease(1, 20);
  expect(receipts).toHaveLength(0);
  expect(askAgainMs).toBeGreaterThan(200);
  const key = queueKeys(queue.name).rate;
  expect(String(await queue.connection.call('HGET', [key, 'slack']))).toBe('2000000');
  await queue.connection.call('HSET', [key, 'slack_until', 1, 'backlog', -1e12]);
  expect((await near.lease(1, 20)).receipts).toHaveLength(1);
  expect((await near.lease(1, 20)).askAgainMs).toBeLessThanOrEqual(104);
});

it('what arrives too late to start is returned and starts later', async () => {
  const queue = redis.queue<number>();
  await queue.limits.set({ rate: { max: 20, perMs: 1000 } });
  const starts: number[] = [];
  const handled: number[] = [];
  queue.consume(
    ({ body }) => {
      starts.push(performance.now());
      handled.push(body);
      // Longer than an answer may take: the one that comes meanwhile is late.
      const until = performance.now() + (body % 5 === 0 ? 80 : 0);
      while (performance.now() < until);
    },
    { concurrency: 5 },
  );
  await send(queue, 30);
  await eventually(() => handled.length === 30);
  expect(new Set(handled).size).toBe(30);
  expect(mostInWindow(1000, starts)).toBeLessThanOrEqual(20);
  expect((await queue.stats()).total).toMatchObject({ retried: 0, dead: 0 });
});

it('a consumer of several queues keeps the rate of each, also when its handlers block', async () => {
  const limited = redis.queue<number>();
  const other = redis.queue<number>({ connection: limited.connection });
  const rate = { max: 20, perMs: 500 };
  await limited.limits.set({ rate });
  await send(limited, 40);
  await send(other, 40);
  const starts: number[] = [];
  let others = 0;
  const queues = { [limited.name]: 1, [other.name]: 1 };
  const consumer = consumeAll(
    queues,
    { connection: limited.connection, concurrency: 4 },
    ({ queue }) => {
      if (queue === limited.name) starts.push(performance.now());
      else others += 1;
      const until = performance.now() + (others % 5 === 1 ? 30 : 0);
      while (performance.now() < until);
    },
  );
  await eventually(() => starts.length === 40 && others === 40);
  await consumer.stop();
  expect(mostInWindow(rate.perMs, starts)).toBeLessThanOrEqual(rate.max);
});

it('a rate and a concurrency hold both, and each can be taken away', async () => {
  const queue = redis.queue<number>();
  const rate = { max: 40, perMs: 200, burst: 3 };
  await queue.limits.set({ rate });
  await queue.limits.set({ concurrency: 1 });
  expect(await queue.limits.get()).toEqual({ rate, concurrency: 1 });
  await send(queue, 60);
  const starts: number[] = [];
  let [running, most] = [0, 0];
  for (let n = 0; n < 2; n += 1) {
    const end = redis.queue<number>({ name: queue.name, connection: openConnection(redis.url) });
    end.consume(
      async () => {
        starts.push(performance.now());
        running += 1;
        most = Math.max(most, running);
        await end.stats();
        running -= 1;
      },
      { concurrency: 5 },
    );
  }
  await eventually(() => starts.length === 60);
  expect(most).toBe(1);
  expect(mostInWindow(200, starts)).toBeLessThanOrEqual(43);
  await queue.limits.clear('rate');
  expect(await queue.limits.get()).toEqual({ concurrency: 1 });
  await queue.limits.clear('concurrency');
  await send(queue, 500);
  await eventually(() => starts.length === 560);
});

it.each([
  [{ max: 0, perMs: 1 }, 'rate.max must be a whole number'],
  [{ max: 1 }, 'rate.perMs must be a whole number'],
  [{ max: 1, perMs: 1, burst: -1 }, 'rate.burst must be a whole number'],
  [{ max: 1, per: 1 }, 'rate has no option "per". Did you mean perMs?'],
  [50, 'options of rate are an object'],
])('a rate of %o is refused', async (rate, message) => {
  const queue = redis.queue<string>();
  const error = await rejection(queue.limits.set({ rate, concurrency: 5 } as never));
  expect(error).toMatchObject({
    code: 'INVALID_ARGUMENT',
    message: expect.stringContaining(message),
  });
  expect(await queue.limits.get()).toEqual({});
});
