import fc from 'fast-check';
import { expect, it } from 'vitest';
import { eventually } from '../../../tooling/eventually.js';
import { rejection } from '../../../tooling/rejection.js';
import { queueKeys } from '../src/keys.js';
import { leaseOf } from '../src/scripts/lease.js';
import { recover } from '../src/scripts/recover.js';
import { renew } from '../src/scripts/renew.js';
import { consumersOf, declaredShape, deferred, expireLeases } from './support/in-redis.js';
import { openConnection, type TestQueue, useRedis } from './support/use-redis.js';

const redis = useRedis();

/** The bodies in the order in which one handler after the other got them. */
async function handledOf<Body>(queue: TestQueue<Body>, count: number): Promise<Body[]> {
  const handled: Body[] = [];
  const consumer = queue.consume(({ body }) => void handled.push(body), { concurrency: 1 });
  await eventually(() => handled.length >= count);
  await consumer.stop();
  return handled;
}

it('all messages of a higher priority come first, and each level is in the order of its sends', async () => {
  const queue = redis.queue<string>();
  const levels = [4, 0, 9, 5, 4, 9, 3, 0, 5, 8];
  for (const [n, priority] of levels.entries()) await queue.send(`${priority}:${n}`, { priority });
  await queue.connection.call('LPUSH', [queue.name, '"4:bare"']);
  expect((await queue.stats()).byPriority).toEqual([2, 0, 0, 1, 3, 2, 0, 0, 1, 2]);
  const handled = await handledOf(queue, levels.length + 1);
  const level = (body: string) => Number(body[0]);
  expect(handled).toEqual([...handled].sort((a, b) => level(b) - level(a)));
  expect(handled.filter((body) => level(body) === 4)).toEqual(['4:0', '4:4', '4:bare']);
  expect(handled.filter((body) => level(body) === 9)).toEqual(['9:2', '9:5']);
  expect(await queue.stats()).toMatchObject({ pending: 0, byPriority: Array(10).fill(0) });
});

it('peek shows messages in the order of their priorities', async () => {
  const queue = redis.queue<string>();
  for (const priority of [2, 9, 4]) await queue.send(`level ${priority}`, { priority });
  await queue.send('keyed', { key: 'k' });
  const bodies = (await queue.peek()).map(({ body }) => body);
  expect(bodies).toEqual(['level 9', 'keyed', 'level 4', 'level 2']);
  expect(await queue.peek(1)).toMatchObject([{ body: 'level 9', priority: 9 }]);
});

it('any mixture of batches is handled by priority, then by send', async () => {
  const batches = fc.array(fc.array(fc.integer({ min: 0, max: 9 }), { maxLength: 70 }), {
    maxLength: 4,
  });
  await fc.assert(
    fc.asyncProperty(batches, async (sends) => {
      const queue = redis.queue<{ priority: number; n: number }>();
      let n = 0;
      for (const priorities of sends) {
        await queue.sendBatch(
          priorities.map((priority) => ({ body: { priority, n: n++ }, priority })),
        );
      }
      const handled = await handledOf(queue, n);
      const sorted = [...handled].sort((a, b) => b.priority - a.priority || a.n - b.n);
      expect(handled).toEqual(sorted);
      await queue.close();
    }),
    { numRuns: 25 },
  );
});

it.each(['retry at once', 'retry later', 'release', 'crash', 'redrive', 'delay'])(
  'after %s a message still has its priority',
  async (event) => {
    const queue = redis.queue<string>();
    const { connection } = queue;
    const leaseMs = 1000;
    const blocker = deferred();
    await queue.send('first', {
      priority: 7,
      ...(event === 'delay' ? { delayMs: 200 } : {}),
    });
    if (event !== 'delay') {
      const other = redis.queue<string>({
        name: queue.name,
        connection: openConnection(redis.url),
      });
      const delivery = await other.receive();
      expect(delivery?.priority).toBe(7);
      if (event === 'retry at once') await delivery?.retry();
      if (event === 'retry later') await delivery?.retry({ delayMs: 200 });
      if (event === 'redrive') await delivery?.deadLetter();
      if (event === 'crash') {
        // Another consumer finds the lease run out.
        await expireLeases(queue as never, await consumersOf(queue as never));
        const finder = queue.consume(() => blocker.promise, { concurrency: 1, leaseMs });
        await eventually(async () => (await queue.stats()).active > 0);
        await finder.pause();
        blocker.resolve();
        await finder.stop({ timeoutMs: 0 });
      }
      await other.close();
    }
    if (event === 'redrive') await queue.deadLetters.redrive();
    if (event === 'crash') return expect((await queue.stats()).total.recovered).toBe(1);
    await queue.send('level 4');
    await queue.send('level 8', { priority: 8 });
    await eventually(async () => {
      const { pending, delayed } = await queue.stats();
      if (delayed > 0) {
        // Whoever consumes moves what is due.
        const mover = queue.consume(() => blocker.promise, { concurrency: 1 });
        await mover.pause();
        await eventually(async () => (await queue.stats()).delayed === 0);
        blocker.resolve();
        await mover.stop({ timeoutMs: 0 });
      }
      return pending === 3;
    });
    expect((await queue.stats()).byPriority).toEqual([0, 0, 0, 0, 1, 0, 0, 1, 1, 0]);
    expect(await handledOf(queue, 3)).toEqual(['level 8', 'first', 'level 4']);
    void connection;
  },
);

it('an idle consumer wakes for a message of any priority, at once', async () => {
  const queue = redis.queue<number>();
  const handled: number[] = [];
  queue.consume(({ body }) => void handled.push(body), { concurrency: 3 });
  for (let priority = 0; priority <= 9; priority += 1) {
    await queue.send(priority, { priority });
    await eventually(() => handled.length === priority + 1, 2000);
  }
  expect(handled).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
});

it('suspects of a low priority wait for the messages of higher ones, and come then', async () => {
  const queue = redis.queue<string>();
  const dying = redis.queue<string>({ name: queue.name, connection: openConnection(redis.url) });
  await queue.send('low', { priority: 1 });
  await dying.receive();
  await queue.sendBatch(Array.from({ length: 20 }, () => ({ body: 'high', priority: 6 })));
  await expireLeases(queue as never, await consumersOf(queue as never));
  const handled = await handledOf(queue, 21);
  expect(handled).toEqual([...Array(20).fill('high'), 'low']);
});

it('the only place under a limit is not kept for a suspect that waits for higher messages', async () => {
  const queue = redis.queue<string>();
  const dying = redis.queue<string>({ name: queue.name, connection: openConnection(redis.url) });
  await queue.send('low', { priority: 1 });
  await dying.receive();
  const [overdue = ''] = await consumersOf(queue as never);
  await expireLeases(queue as never, [overdue]);
  await queue.connection.run(recover, { keys: queueKeys(queue.name), overdue, maxAttempts: 5 });
  await queue.send('high', { priority: 6 });
  await queue.limits.set({ concurrency: 1 });

  const keys = queueKeys(queue.name);
  const who = { keys, consumer: 'one.60000' };
  const shape = await declaredShape(queue.connection, keys);
  const { version } = shape;
  await queue.connection.run(renew, { ...who, leaseMs: 60_000, take: true, inForce: version });
  const result = await queue.connection.run(leaseOf(shape), {
    ...who,
    version,
    from: 'RIGHT',
    count: 1,
    asBatch: false,
    withList: true,
    withSuspect: true,
    firstReceipt: 1,
    handedOff: undefined,
    acked: { batches: [], receipts: [], expired: 0 },
  });
  const elements = result.status === 'held' ? result.elements : [];
  expect(elements.map(({ bytes }) => String(bytes))).toEqual([expect.stringMatching('"high"')]);
  expect(result).toMatchObject({ suspect: undefined, isSuspectLater: true });
});

it('purge and destroy delete all levels', async () => {
  const queue = redis.queue<number>();
  const send = () =>
    queue.sendBatch(Array.from({ length: 10 }, (_, priority) => ({ body: 1, priority })));
  await send();
  expect(await queue.purge()).toEqual({ pending: 10, delayed: 0 });
  expect((await queue.stats()).pending).toBe(0);
  await send();
  expect((await queue.destroy()).pending).toBe(10);
  const left = (await queue.connection.call('KEYS', [`*${queue.name}*`])) as unknown[];
  expect(left).toEqual([]);
});

it.each([-1, 10, 1.5, '4', null, Number.NaN])('priority %j is refused', async (priority) => {
  const queue = redis.queue();
  const error = await rejection(queue.send(1, { priority: priority as number }));
  expect(error).toMatchObject({ code: 'INVALID_ARGUMENT', message: /priority/ });
  expect((await queue.stats()).pending).toBe(0);
});
