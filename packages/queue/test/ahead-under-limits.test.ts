import { performance } from 'node:perf_hooks';
import { expect, it } from 'vitest';
import { eventually } from '../../../tooling/eventually.js';
import type { Queue } from '../src/index.js';
import { queueKeys } from '../src/keys.js';
import { deferred } from './support/in-redis.js';
import { scriptedConsumer } from './support/scripted-consumer.js';
import { openConnection, type TestQueue, useRedis } from './support/use-redis.js';

const redis = useRedis();

/** Calls `look` in one round trip after the other until it is done. */
function watch(look: () => Promise<void>): () => Promise<void> {
  let isOver = false;
  const watching = (async () => {
    while (!isOver) await look();
  })();
  return () => {
    isOver = true;
    return watching;
  };
}

async function fill(queue: Queue<number>, count: number): Promise<void> {
  for (let at = 0; at < count; at += 1000) {
    const bodies = Array.from({ length: Math.min(1000, count - at) }, (_, n) => at + n);
    await queue.sendBatch(bodies.map((body) => ({ body })));
  }
}

/** How many messages each consumer holds, by what Redis counts. */
async function holders({ name, connection }: TestQueue<never>): Promise<Map<string, number>> {
  const reply = (await connection.call('HGETALL', [queueKeys(name).holders])) as Buffer[];
  const found = new Map<string, number>();
  for (let at = 0; at < reply.length; at += 2) found.set(String(reply[at]), Number(reply[at + 1]));
  return found;
}

async function active(queue: TestQueue<never>): Promise<number> {
  return [...(await holders(queue)).values()].reduce((sum, held) => sum + held, 0);
}

/** Leases messages for a consumer in name only, which does nothing with them. */
async function leaseInVain(
  queue: TestQueue<never>,
  count: number,
  firstReceipt = 1,
): Promise<void> {
  const { lease } = await scriptedConsumer(queue);
  await lease(count, firstReceipt);
}

it('where the limits leave much room, fast handlers have messages ahead, and no more are active than may be', async () => {
  const queue = redis.queue<number>();
  await queue.limits.set({ concurrency: 400, rate: { max: 1_000_000, perMs: 1000 } });
  await fill(queue, 6000);
  const handled: number[] = [];
  const seen: number[] = [];
  const stopWatching = watch(async () => void seen.push(await active(queue as never)));
  for (let n = 0; n < 3; n += 1) {
    const end = redis.queue<number>({ name: queue.name, connection: openConnection(redis.url) });
    end.consume(async ({ body }) => void handled.push(body), { concurrency: 5 });
  }
  await eventually(() => handled.length === 6000);
  await stopWatching();
  expect(new Set(handled).size).toBe(6000);
  expect(Math.max(...seen)).toBeGreaterThan(15);
  expect(Math.max(...seen)).toBeLessThanOrEqual(400);
  await eventually(async () => (await active(queue as never)) === 0);
});

it('what was taken ahead is returned when others leave little room, and nothing is taken ahead from then on', async () => {
  const queue = redis.queue<number>();
  await queue.limits.set({ concurrency: 1000 });
  await fill(queue, 5000);
  const worker = redis.queue<number>({ name: queue.name, connection: openConnection(redis.url) });
  let handled = 0;
  // Each message is replaced by another one.
  const consumer = worker.consume(
    async ({ body }) => {
      handled += 1;
      void worker.send(body).catch(() => {});
    },
    { concurrency: 5 },
  );
  const held = async () => {
    const all = await holders(queue as never);
    return [...all].find(([name]) => name !== 'scripted')?.[1] ?? 0;
  };
  await eventually(async () => (await held()) > 20);
  await leaseInVain(queue as never, 850);
  await eventually(async () => (await held()) <= 25);
  await leaseInVain(queue as never, 80, 1000);
  await eventually(async () => (await held()) <= 5);
  const before = handled;
  for (let look = 0; look < 100; look += 1) expect(await held()).toBeLessThanOrEqual(5);
  await eventually(() => handled > before + 100);
  await consumer.stop();
});

it('a limit that is lowered returns what was taken ahead before set resolves', async () => {
  const queue = redis.queue<number>();
  await queue.limits.set({ concurrency: 100_000 });
  await fill(queue, 3000);
  const worker = redis.queue<number>({ name: queue.name, connection: openConnection(redis.url) });
  const { promise: block, resolve: goOn } = deferred();
  const handled: number[] = [];
  let isBlocked = false;
  worker.consume(
    async ({ body }) => {
      handled.push(body);
      if (isBlocked) await block;
    },
    { concurrency: 5 },
  );
  await eventually(() => handled.length > 500);
  isBlocked = true;
  await queue.limits.set({ concurrency: 50 });
  expect(await active(queue as never)).toBeLessThanOrEqual(5);
  isBlocked = false;
  goOn();
  await eventually(() => handled.length === 3000);
  expect(new Set(handled).size).toBe(3000);
});

it('no window has more starts than the rate allows, whatever was taken ahead and however handlers block', async () => {
  const queue = redis.queue<number>();
  const rate = { max: 20_000, perMs: 500, burst: 1000 };
  await queue.limits.set({ rate });
  await fill(queue, 40_000);
  const starts: number[] = [];
  let most = 0;
  const stopWatching = watch(async () => {
    most = Math.max(most, (await queue.stats()).active);
  });
  for (let n = 0; n < 2; n += 1) {
    const end = redis.queue<number>({ name: queue.name, connection: openConnection(redis.url) });
    end.consume(
      async ({ body }) => {
        starts.push(performance.now());
        // Longer than what was taken ahead may wait.
        const until = performance.now() + (body % 5000 === 0 ? 40 : 0);
        while (performance.now() < until);
      },
      { concurrency: 5 },
    );
  }
  await eventually(() => starts.length === 40_000);
  await stopWatching();
  expect(most).toBeGreaterThan(10);
  let first = 0;
  for (const [at, start] of starts.entries()) {
    while ((starts[first] as number) <= start - rate.perMs) first += 1;
    expect(at - first + 1).toBeLessThanOrEqual(rate.max + rate.burst);
  }
  expect((await queue.stats()).total).toMatchObject({ retried: 0, dead: 0 });
});
