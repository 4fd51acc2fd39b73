import type { Script } from '@redpost/core';
import { expect, it } from 'vitest';
import { eventually } from '../../../tooling/eventually.js';
import { interposed } from '../../../tooling/interposed.js';
import type { ConsumeBatchOptions, Delivery, Queue } from '../src/index.js';
import { queueKeys } from '../src/keys.js';
import { leaseOf } from '../src/scripts/lease.js';
import { leave } from '../src/scripts/leave.js';
import { release } from '../src/scripts/release.js';
import { renew } from '../src/scripts/renew.js';
import { retry } from '../src/scripts/retry.js';
import {
  consumersOf,
  declaredShape,
  deferred,
  expireLeases,
  leftKeys,
} from './support/in-redis.js';
import { type TestQueue, useRedis } from './support/use-redis.js';

const redis = useRedis();

interface Numbered {
  key: string;
  n: number;
}

const ofKey = (key: string, ...bodies: string[]) => bodies.map((body) => ({ body, key }));

const bodiesOf = <Body>(deliveries: readonly Delivery<Body>[]) =>
  deliveries.map(({ body }) => body);

/** Puts batches into the log that it returns. */
function logged<Body>(queue: Queue<Body>, options: ConsumeBatchOptions = {}) {
  const batches: Body[][] = [];
  const consumer = queue.consumeBatch((all) => void batches.push(bodiesOf(all)), {
    by: 'key',
    ...options,
  });
  return { batches, consumer };
}

/** A consumer in name only, and what it can do with the scripts. */
async function scripted({ name, connection }: TestQueue<never>) {
  const keys = queueKeys(name);
  const shape = await declaredShape(connection, keys);
  const consumer = 'in name only';
  const names = { keys, consumer };
  const { version } = shape;
  await connection.run(renew, { ...names, leaseMs: 30_000, take: true, inForce: version });
  return {
    run: <Input, Result>(
      script: Script<Input & typeof names, Result>,
      input: Omit<Input, keyof typeof names>,
    ) => connection.run(script, { ...names, ...input } as Input & typeof names),
    /** Resolves to how many messages of one key came. */
    async lease(firstReceipt: number) {
      const leased = await connection.run(leaseOf(shape), {
        ...names,
        version,
        from: 'RIGHT',
        count: 10,
        perKey: 10,
        asBatch: false,
        withList: true,
        withSuspect: false,
        firstReceipt,
        handedOff: undefined,
        acked: { batches: [], receipts: [], expired: 0 },
      });
      return leased.status === 'held' ? leased.elements.length : leased.status;
    },
  };
}

it('a batch has messages of one key, the oldest first and at most max, and waits for nothing', async () => {
  const queue = redis.queue<string>();
  await queue.sendBatch([
    ...ofKey('a', 'a1', 'a2', 'a3', 'a4', 'a5'),
    ...ofKey('b', 'b1'),
    ...ofKey('c', 'c1', 'c2', 'c3'),
  ]);
  const { batches } = logged(queue, { max: 3, maxWaitMs: 600_000 });
  await eventually(() => batches.flat().length === 9);

  const joined = batches.map((batch) => batch.join(' '));
  expect([...joined].sort()).toEqual(['a1 a2 a3', 'a4 a5', 'b1', 'c1 c2 c3']);
  expect(joined.indexOf('a1 a2 a3')).toBeLessThan(joined.indexOf('a4 a5'));
  await eventually(async () => (await leftKeys(queue, 'dead')).length === 0);
});

it('a batch of one key may have a thousand messages', async () => {
  const queue = redis.queue<number>();
  const all = Array.from({ length: 2500 }, (_, body) => ({ body, key: 'k' }));
  await queue.sendBatch(all);
  const { batches } = logged(queue, { max: 1000 });
  await eventually(() => batches.flat().length === 2500);

  expect(batches.map(({ length }) => length)).toEqual([1000, 1000, 500]);
  expect(batches.flat()).toEqual(all.map(({ body }) => body));
  await eventually(async () => (await leftKeys(queue, 'dead')).length === 0);
});

it('over several consumers and with random failures, no two batches have the same key at a time, and each key keeps its order', async () => {
  const queue = redis.queue<Numbered>();
  const [keys, each] = [12, 40];
  const running = new Set<string>();
  const done = new Map<string, number[]>();
  const wrong: string[] = [];
  const handler = async (deliveries: readonly Delivery<Numbered>[]) => {
    const [first] = deliveries as [Delivery<Numbered>];
    const { key } = first.body;
    if (deliveries.some(({ body }) => body.key !== key)) wrong.push(`${key} with another key`);
    if (deliveries.length > 7) wrong.push(`${deliveries.length} in a batch`);
    if (running.has(key)) wrong.push(`${key} twice at a time`);
    const numbers = deliveries.map(({ body: { n } }) => n);
    const expected = [...numbers].sort((one, another) => one - another);
    if (String(numbers) !== String(expected)) wrong.push(`${key}: ${numbers}`);
    running.add(key);
    await queue.stats();
    const finished = done.get(key) ?? [];
    done.set(key, finished);
    // Some are settled one by one, up to one that fails; what is behind that fails, too.
    const failsAt = Math.random() < 0.5 ? Math.floor(Math.random() * 8) : 8;
    for (const delivery of deliveries.slice(0, failsAt)) {
      finished.push(delivery.body.n);
      // When this is acknowledged, the key is free.
      if (delivery === deliveries.at(-1)) running.delete(key);
      if (Math.random() < 0.5) await delivery.ack();
      else void delivery.ack();
    }
    const failed = deliveries.slice(failsAt).sort(() => Math.random() - 0.5);
    const cut = Math.floor(Math.random() * failed.length);
    for (const delivery of failed.slice(0, cut)) {
      await delivery.retry({ delayMs: Math.floor(Math.random() * 3) });
    }
    if (failed.length === 0) return;
    running.delete(key);
    throw new Error('not yet');
  };
  for (const consumerOf of [queue, redis.otherEnd(queue)]) {
    const backoff = () => Math.floor(Math.random() * 5);
    const options = { by: 'key', max: 7, concurrency: 3, maxAttempts: 1000, backoff } as const;
    consumerOf.consumeBatch(handler, options).on('failed', () => {});
  }
  await queue.sendBatch(
    Array.from({ length: keys * each }, (_, at) => {
      const body = { key: `key ${at % keys}`, n: Math.floor(at / keys) };
      return { body, key: body.key };
    }),
  );
  await eventually(() => [...done.values()].flat().length === keys * each);
  const order = Array.from({ length: each }, (_, n) => n);
  for (const numbers of done.values()) expect(numbers).toEqual(order);
  expect(wrong).toEqual([]);
  await eventually(async () => (await leftKeys(queue, 'dead')).length === 0);
});

it('what is put back of a batch keeps its order, in whatever order it is put back, and what is behind waits', async () => {
  const queue = redis.queue<string>();
  await queue.sendBatch(ofKey('k', '1', '2', '3', '4', '5', '6', '7', '8'));
  const batches: string[][] = [];
  const release = deferred();
  const settled = deferred();
  queue.consumeBatch(
    async (deliveries) => {
      batches.push(deliveries.map(({ body, attempt }) => `${body}/${attempt}`));
      if (batches.length > 1) return;
      const [one, two, three, four, five, six] = deliveries;
      await five?.retry();
      await two?.retry({ delayMs: 100 });
      await three?.deadLetter();
      await four?.retry();
      await one?.ack();
      settled.resolve();
      await release.promise;
      await six?.ack();
    },
    { by: 'key', max: 6 },
  );
  await settled.promise;
  expect(await queue.stats({ key: 'k' })).toMatchObject({ pending: 5, active: 1 });
  // The key is busy until the last one is settled.
  expect(await redis.otherEnd(queue).receive({ timeoutMs: 0 })).toBeUndefined();
  release.resolve();
  await eventually(() => batches.length === 2);
  expect(batches).toEqual([
    ['1/1', '2/1', '3/1', '4/1', '5/1', '6/1'],
    ['2/2', '4/2', '5/2', '7/1', '8/1'],
  ]);
  await eventually(async () => (await leftKeys(queue, 'dead')).length === 0);
});

it('when all of a batch fails, its key waits as long as the longest delay, and the batch comes again', async () => {
  const queue = redis.queue<string>();
  await queue.sendBatch(ofKey('k', '1', '2', '3', '4'));
  const batches: string[][] = [];
  const startedAt: number[] = [];
  const delays = [1, 400, 1];
  queue.consumeBatch(
    async (deliveries) => {
      startedAt.push(performance.now());
      batches.push(deliveries.map(({ body, attempt }) => `${body}/${attempt}`));
      if (batches.length === 1) throw new Error('not yet');
    },
    { by: 'key', max: 3, backoff: () => delays.shift() ?? 0 },
  );
  await eventually(() => batches.length === 3);
  expect(batches).toEqual([['1/1', '2/1', '3/1'], ['1/2', '2/2', '3/2'], ['4/1']]);
  expect(Number(startedAt[1]) - Number(startedAt[0])).toBeGreaterThan(399);
});

it.each(['nothing was settled', 'an older one was put back', 'a newer one was put back'])(
  'when a consumer dies with a batch of which %s, its messages come alone, one at a time and in order',
  async (what) => {
    const queue = redis.queue<string>();
    await queue.sendBatch(ofKey('k', '1', '2', '3', '4', '5', '6'));
    const dying = redis.otherEnd(queue);
    const hangs = deferred();
    const held = deferred();
    dying
      .consumeBatch(
        async (deliveries) => {
          const putBack = what.includes('older') ? 0 : 2;
          if (!what.includes('nothing')) await deliveries[putBack]?.retry();
          held.resolve();
          await hangs.promise;
        },
        { by: 'key', max: 4, leaseMs: 60_000 },
      )
      .on('lost', () => {});
    await held.promise;
    await expireLeases(queue as never, await consumersOf(queue as never));

    const log: string[] = [];
    let running = 0;
    let most = 0;
    const handler = async (deliveries: readonly Delivery<string>[]) => {
      running += 1;
      most = Math.max(most, running);
      await queue.stats();
      log.push(deliveries.map(({ body, attempt }) => `${body}/${attempt}`).join(' '));
      running -= 1;
    };
    const options = { by: 'key', max: 4, leaseMs: 60_000, concurrency: 2 } as const;
    for (const consumerOf of [queue, redis.otherEnd(queue)])
      consumerOf.consumeBatch(handler, options);
    await eventually(() => log.join(' ').split(' ').length === 6);
    expect(log).toEqual(['1/2', '2/2', '3/2', '4/2', '5/1 6/1']);
    expect(most).toBe(1);
    hangs.resolve();
    await eventually(async () => (await queue.stats()).total.acked === 6);
    await queue.close();
    await dying.close();
    const looking = redis.queue({ name: queue.name });
    await eventually(async () => (await leftKeys(looking, 'dead')).length === 0);
  },
);

it('only the message that was alone loses attempts when its consumers die, and its key goes on', async () => {
  const queue = redis.queue<string>();
  await queue.sendBatch(ofKey('k', 'innocent', 'also innocent'));
  const hangs = deferred();
  const die = async () => {
    const dying = redis.otherEnd(queue);
    const held = deferred();
    dying
      .consumeBatch(
        async () => {
          held.resolve();
          await hangs.promise;
        },
        { by: 'key', maxAttempts: 2 },
      )
      .on('lost', () => {});
    await held.promise;
    await expireLeases(queue as never, await consumersOf(queue as never));
  };
  await die();
  await die();
  const { batches } = logged(queue, { maxAttempts: 2 });
  await eventually(() => batches.length === 1);
  expect(batches).toEqual([['also innocent']]);
  expect((await queue.deadLetters.list())[0]).toMatchObject({
    body: 'innocent',
    reason: 'crashed',
  });
  hangs.resolve();
});

it('what an answer that got lost has brought comes as batches all the same', async () => {
  let lost = 0;
  const connection = interposed(redis.connection(), async (script, run) => {
    const answer = await run();
    const { elements = [] } = answer as { elements?: unknown[] };
    if (script !== 'lease' || lost > 0 || elements.length === 0) return answer;
    lost += 1;
    throw new Error('The answer got lost');
  });
  const queue = redis.queue<string>({ connection });
  await queue.sendBatch([...ofKey('a', 'a1', 'a2', 'a3'), ...ofKey('b', 'b1', 'b2', 'b3')]);
  const { batches, consumer } = logged(queue, { concurrency: 5 });
  consumer.on('error', () => {});
  await eventually(() => batches.flat().length === 6);

  expect(lost).toBe(1);
  expect(batches.map((batch) => batch.join(' ')).sort()).toEqual(['a1 a2 a3', 'b1 b2 b3']);
  expect((await queue.stats()).total).toMatchObject({ retried: 0, recovered: 0 });
  await eventually(async () => (await leftKeys(queue, 'dead')).length === 0);
});

it('a consumer that is stopped returns what it holds of a batch between what waits again, in order', async () => {
  const queue = redis.queue<string>();
  await queue.sendBatch(ofKey('k', '1', '2', '3', '4', '5'));
  const hangs = deferred();
  const held = deferred();
  const consumer = queue.consumeBatch(
    async (deliveries) => {
      await deliveries[2]?.retry();
      await deliveries[0]?.retry();
      held.resolve();
      await hangs.promise;
    },
    { by: 'key', max: 4 },
  );
  consumer.on('error', () => {});
  await held.promise;
  await consumer.stop({ timeoutMs: 0 });
  const { batches } = logged(queue);
  await eventually(() => batches.length === 1);
  expect(batches).toEqual([['1', '2', '3', '4', '5']]);
  hangs.resolve();
});

it('messages without a key are in batches of their own, with and without keys in the queue', async () => {
  const queue = redis.queue<string>();
  const { batches } = logged(queue, { max: 3, maxWaitMs: 50 });
  await queue.sendBatch(['-1', '-2', '-3', '-4'].map((body) => ({ body })));
  await eventually(() => batches.flat().length === 4);
  expect(batches).toEqual([['-1', '-2', '-3'], ['-4']]);

  batches.length = 0;
  const bodies = ['-1', 'a1', '-2', 'b1', 'a2', '-3', 'a3', '-4'];
  const items = bodies.map((body) => ({ body, ...(body[0] === '-' ? {} : { key: body[0] }) }));
  await queue.sendBatch([...items, { body: '-9', priority: 9 }]);
  await eventually(() => batches.flat().length === 9);
  for (const batch of batches) expect(new Set(batch.map(([key]) => key)).size).toBe(1);
  for (const key of ['a', 'b', '-']) {
    const numbers = batches.flat().filter((body) => body[0] === key && body !== '-9');
    expect(numbers).toEqual([...numbers].sort());
  }
  await eventually(async () => (await leftKeys(queue, 'dead')).length === 0);
});

it('a consumer without by and one with it share a key, one at a time', async () => {
  const queue = redis.queue<string>();
  await queue.sendBatch(ofKey('k', '1', '2', '3', '4'));
  const single = redis.otherEnd(queue);
  const first = await single.receive();
  const { batches } = logged(queue, { max: 2 });
  await first?.ack();
  await eventually(() => batches.length === 2);
  expect(first?.body).toBe('1');
  expect(batches).toEqual([['2', '3'], ['4']]);
});

it.each([
  ['rate', { rate: { max: 1, perMs: 60_000, burst: 4 } }],
  ['keyRate', { keyRate: { max: 1, perMs: 60_000, burst: 4 } }],
  ['concurrency', { concurrency: 5 }],
])('the limit %s counts the messages of a batch', async (_, limits) => {
  const queue = redis.queue<string>();
  await queue.limits.set(limits);
  await queue.sendBatch(ofKey('k', ...Array.from({ length: 20 }, (_, n) => String(n))));
  const release = deferred();
  const batches: string[][] = [];
  queue.consumeBatch(
    async (deliveries) => {
      batches.push(bodiesOf(deliveries));
      await release.promise;
    },
    { by: 'key', max: 10, concurrency: 3 },
  );
  await eventually(() => batches.length === 1);
  expect(batches).toEqual([['0', '1', '2', '3', '4']]);
  expect(await queue.stats()).toMatchObject({ active: 5, pending: 15 });
  release.resolve();
  await eventually(async () => (await queue.stats()).total.acked >= 5);
  if ('concurrency' in limits) await eventually(() => batches.flat().length === 20);
  else expect((await queue.stats()).pending).toBe(15);
  for (const batch of batches) expect(batch.length).toBeLessThanOrEqual(5);
});

it('a batch that is returned before it has started gives back what its key was granted', async () => {
  const queue = redis.queue<string>();
  await queue.limits.set({ keyRate: { max: 1, perMs: 600_000, burst: 4 } });
  await queue.sendBatch(ofKey('k', '1', '2', '3', '4', '5', '6'));
  const { run, lease } = await scripted(queue as never);
  expect(await lease(1)).toBe(5);
  await run(release, { receipts: [1, 2, 3, 4, 5], wereStarted: false });
  expect(await lease(11)).toBe(5);
  await run(release, { receipts: [11, 12, 13, 14, 15], wereStarted: true });
  expect(await lease(21)).toBe(0);
});

it('a consumer that leaves returns what it still holds between what waits again, in order', async () => {
  const queue = redis.queue<string>();
  await queue.sendBatch(ofKey('k', '1', '2', '3', '4', '5'));
  const { run, lease } = await scripted(queue as never);
  expect(await lease(1)).toBe(5);
  await run(retry, { deliveries: [{ receipt: 2, delayMs: 0 }] });
  await run(retry, { deliveries: [{ receipt: 4, delayMs: 0 }] });
  await run(leave, { mayBeBlocked: false });
  const { batches } = logged(queue);
  await eventually(() => batches.length === 1);
  expect(batches).toEqual([['1', '2', '3', '4', '5']]);
});

it('a batch is charged for the time of its handler once, not for each message', async () => {
  const queue = redis.queue<string>();
  await queue.sendBatch(ofKey('k', ...Array.from({ length: 30 }, (_, n) => String(n))));
  let tookUs = 0;
  const started = deferred();
  const consumer = queue.consumeBatch(
    async (deliveries) => {
      const startedAt = performance.now();
      void consumer.stop();
      started.resolve();
      while (performance.now() - startedAt < 200) await queue.stats();
      tookUs = 1000 * (performance.now() - startedAt);
      expect(deliveries).toHaveLength(20);
    },
    { by: 'key', max: 20 },
  );
  await started.promise;
  await consumer.stop();
  expect((await queue.stats()).total.acked).toBe(20);
  const { ready } = queueKeys(queue.name);
  const virtual = Number(await queue.connection.call('ZSCORE', [ready, 'k']));
  expect(virtual).toBeGreaterThan(0.5 * tookUs);
  expect(virtual).toBeLessThan(3 * tookUs);
});

it('the keys with the most messages are known also after batches were taken of them', async () => {
  const queue = redis.queue<string>();
  const many = (count: number) => Array.from({ length: count }, (_, n) => String(n));
  await queue.sendBatch([...ofKey('big', ...many(300)), ...ofKey('small', ...many(20))]);
  const holding = deferred();
  const held: string[][] = [];
  queue.consumeBatch(
    async (deliveries) => {
      held.push(bodiesOf(deliveries));
      await holding.promise;
    },
    { by: 'key', max: 200, concurrency: 2 },
  );
  await eventually(() => held.length === 2);
  const { keysByPending } = queueKeys(queue.name);
  const noted = await queue.connection.call('ZRANGE', [keysByPending, 0, -1, 'WITHSCORES']);
  expect((noted as Buffer[]).map(String)).toEqual(['big', '64']);
  holding.resolve();
  await eventually(async () => (await leftKeys(queue, 'dead')).length === 0);
});
