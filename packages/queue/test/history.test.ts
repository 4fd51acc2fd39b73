import { fingerprint } from '@redpost/core/consuming';
import { describe, expect, it } from 'vitest';
import { eventually } from '../../../tooling/eventually.js';
import type { Consumer } from '../src/index.js';
import { queueKeys } from '../src/keys.js';
import { bucketOf, distributionOf } from '../src/recording/distribution.js';
import { addHistory } from '../src/scripts/add-history.js';
import { addSeries } from '../src/scripts/add-series.js';
import { calls } from './support/in-redis.js';
import { openConnection, startOwnRedis, type TestQueue, useRedis } from './support/use-redis.js';

const redis = useRedis();
const on = { maxLength: 1000 };

async function withHistory(history: object = on): Promise<TestQueue<string | number>> {
  const queue = redis.queue<string | number>();
  await queue.history.set(history);
  return queue;
}

/** Handles what the queue has, and stops. */
async function drain(queue: TestQueue<never>, consumer: Consumer<never>): Promise<void> {
  consumer.on('failed', () => {});
  await eventually(async () => {
    const { pending, active, delayed } = await queue.stats();
    return pending + active + delayed === 0;
  });
  await consumer.stop();
}

describe('history', () => {
  it('has a record of each attempt that was settled, the newest first', async () => {
    const queue = await withHistory();
    await queue.send('good', { id: 'good', key: 'k' });
    await queue.send('bad', { id: 'bad' });
    await queue.connection.call('LPUSH', [
      queue.name,
      '"bare"',
      '\x011{"expires":5,"id":"old"}\n1',
    ]);
    const consumer = queue.consume(
      ({ body }) => {
        if (body === 'bad') throw new Error('no user 7');
      },
      { maxAttempts: 2, backoff: () => 0 },
    );
    await drain(queue as never, consumer as never);

    const records = await queue.history.list();
    const told = records.map(({ id, outcome, attempts }) => `${id} ${outcome} ${attempts}`);
    expect(told.filter((text) => !text.includes('.')).sort()).toEqual([
      'bad dead 2',
      'bad retried 1',
      'good acked 1',
      'old expired 1',
    ]);
    expect(told.filter((text) => /\.\d+-\d+ acked 1$/.test(text))).toHaveLength(1);
    expect(told.indexOf('bad dead 2')).toBeLessThan(told.indexOf('bad retried 1'));
    const [good] = await queue.history.list({ id: 'good' });
    expect(good).toMatchObject({ key: 'k', body: undefined, error: undefined, stack: undefined });
    expect(good?.waitMs).toBeGreaterThanOrEqual(0);
    expect(good?.runMs).toBeGreaterThanOrEqual(0);
    expect(Math.abs((good?.at.getTime() ?? 0) - Date.now())).toBeLessThan(10_000);
    expect(good?.consumer).toMatch(/\.30000$/);
    expect(await queue.history.list({ outcome: 'dead' })).toMatchObject([
      { id: 'bad', error: 'no user 7', fingerprint: fingerprint('no user 7') },
    ]);
    expect(await queue.history.list({ limit: 1 })).toHaveLength(1);
  });

  it('has the error and the stack of each attempt that has failed', async () => {
    const queue = await withHistory();
    await queue.send('a', { id: 'a' });
    function refuse(attempt: number): never {
      throw new RangeError(`no user ${attempt} ${'x'.repeat(2000)}`);
    }
    function give(): never {
      throw new TypeError('another one');
    }
    const consumer = queue.consume(
      ({ attempt }) => {
        if (attempt < 3) refuse(attempt);
        give();
      },
      { maxAttempts: 3, backoff: () => 0 },
    );
    await drain(queue as never, consumer as never);

    const records = await queue.history.list({ id: 'a' });
    expect(records.map(({ outcome, error }) => `${outcome} ${error?.slice(0, 11)}`)).toEqual([
      'dead another one',
      'retried no user 2 x',
      'retried no user 1 x',
    ]);
    expect(records.map(({ error }) => error?.length)).toEqual([11, 1000, 1000]);
    const [other, second, first] = records.map(({ stack }) => stack);
    expect(other).toMatch(/^TypeError\n\s+at give /);
    expect(second).toMatch(/^RangeError\n\s+at refuse /);
    expect(first).toBe(second);
  });

  it('a cancelled message and one that is received without a handler have records', async () => {
    const queue = await withHistory();
    const received = await queue.receive({ timeoutMs: 0 });
    expect(received).toBeUndefined();
    await queue.send('a', { id: 'a' });
    const first = await queue.receive();
    await queue.cancel('a');
    await eventually(() => first?.signal.aborted);
    await queue.send('b', { id: 'b' });
    await (await queue.receive())?.ack();
    await queue.send('c', { id: 'c' });
    await (await queue.receive())?.deadLetter('no');
    await queue.close();

    const again = redis.otherEnd(queue);
    const told = (await again.history.list()).map(({ id, outcome }) => `${id} ${outcome}`);
    expect(told.sort()).toEqual(['a cancelled', 'b acked', 'c dead']);
  });

  it('has bodies where that was asked for, whatever bytes they have', async () => {
    const queue = await withHistory({ bodies: true });
    await queue.sendBatch(['plain', 'é', 7].map((body, n) => ({ body, id: `${n}` })));
    await drain(queue as never, queue.consume(() => {}) as never);
    const records = await queue.history.list();
    expect(records.map(({ id, body }) => `${id} ${body}`).sort()).toEqual([
      '0 plain',
      '1 é',
      '2 7',
    ]);
  });

  it('keeps so many records, and drops those that are too old', async () => {
    const queue = await withHistory({ maxLength: 600 });
    await queue.sendBatch(Array.from({ length: 3000 }, (_, n) => ({ body: n, id: `${n}` })));
    await drain(queue as never, queue.consume(() => {}) as never);
    const kept = await queue.history.list({ limit: 5000 });
    // Whole entries are deleted, of up to 500 records.
    expect(kept.length).toBeGreaterThanOrEqual(600);
    expect(kept.length).toBeLessThan(1100);
    expect(new Set(kept.map(({ id }) => id)).size).toBe(kept.length);

    const { connection, name } = queue;
    const keys = queueKeys(name);
    const input = {
      ...{ keys, maxLength: 600, count: 1, consumer: 'c', at: 0, times: '0,-1' },
      ...{
        outcomes: '',
        headers: '{"id":"x"}',
        errors: '',
        stacks: '',
        sizes: '',
        bodies: Buffer.alloc(0),
      },
    };
    await eventually(async () => {
      await connection.run(addHistory, { ...input, maxAgeMs: 1 });
      return (await queue.history.list({ limit: 5000 })).length <= 3;
    });
    expect(Number(await connection.call('PTTL', [keys.history]))).toBeLessThan(2);
  });

  it('is declared for the queue, and nothing is recorded or called when it is off', async () => {
    const own = await startOwnRedis();
    const connection = openConnection(own.url);
    const queue = redis.queue<number>({ connection });
    expect(await queue.history.settings()).toBeUndefined();
    await queue.sendBatch([{ body: 1 }, { body: 2 }]);
    const before = await calls(connection, 'xadd');
    await drain(queue as never, queue.consume(() => {}) as never);
    expect(await queue.history.list()).toEqual([]);
    expect(await calls(connection, 'xadd')).toBe(before);

    const declaring = redis.queue<number>({
      name: queue.name,
      connection,
      history: { maxLength: 5 },
    });
    const week = 7 * 86_400_000;
    await eventually(async () => (await queue.history.settings()) !== undefined);
    expect(await queue.history.settings()).toEqual({ maxLength: 5, maxAgeMs: week, bodies: false });
    await declaring.history.set('off');
    expect(await queue.history.settings()).toBeUndefined();
    expect(await connection.call('EXISTS', [queueKeys(queue.name).shape])).toBe(0);
    for (const wrong of [{ maxLength: 0 }, { maxAgeMs: 0 }, { bodies: 1 }, { length: 1 }, 'on']) {
      await expect(queue.history.set(wrong as never)).rejects.toMatchObject({
        code: 'INVALID_ARGUMENT',
      });
    }
  });
});

describe('series', () => {
  it('have what all consumers have settled, how long messages waited and handlers ran', async () => {
    const queue = redis.queue<number>();
    const all = Array.from({ length: 2000 }, (_, body) => ({ body }));
    // The slow ones are among the first that are settled, which are measured.
    await queue.sendBatch(all.slice(0, 10));
    const handler = async ({ body }: { body: number }) => {
      if (body === 1) throw new Error('again');
      if (body < 10) await new Promise((done) => setTimeout(done, 20));
    };
    const options = { maxAttempts: 2, backoff: () => 0, concurrency: 20 };
    const consumers = [queue, redis.otherEnd(queue)].map((each) => each.consume(handler, options));
    for (const consumer of consumers) consumer.on('failed', () => {});
    await eventually(async () => (await queue.stats()).total.acked === 9);
    await queue.sendBatch(all.slice(10));
    await eventually(async () => (await queue.stats()).total.acked === 1999);
    await Promise.all(consumers.map((consumer) => consumer.stop()));

    for (const by of ['minute', 'hour'] as const) {
      const points = await queue.series({ by });
      expect(points).toHaveLength(by === 'minute' ? 60 : 24);
      const sum = (of: (point: (typeof points)[number]) => number) =>
        points.reduce((all, point) => all + of(point), 0);
      expect(sum(({ acked }) => acked)).toBe(1999);
      expect(sum(({ retried }) => retried)).toBe(1);
      expect(sum(({ dead }) => dead)).toBe(1);
      const measured = sum(({ run }) => run.count);
      // Of each consumer, all but the last ones, of which none was measured.
      expect(measured).toBeGreaterThan(2001 - 2 * 512);
      expect(measured).toBeLessThanOrEqual(2001);
      expect(sum(({ wait }) => wait.count)).toBe(measured);
      const slow = sum(({ run }) => run.buckets.slice(5).reduce((all, each) => all + each, 0));
      expect(slow).toBeGreaterThanOrEqual(5);
    }
    expect(await queue.series({ from: new Date(0), to: new Date(0) })).toMatchObject([
      { at: new Date(0), acked: 0, run: { count: 0, p50Ms: undefined } },
    ]);
  });

  it('are added with each heartbeat, at the same cost however many messages were handled', async () => {
    const queue = redis.queue<number>();
    const consumer = queue.consume(() => {}, { leaseMs: 300 });
    await queue.sendBatch(Array.from({ length: 500 }, (_, body) => ({ body })));
    await eventually(async () => {
      const points = await queue.series();
      return points.reduce((sum, { acked }) => sum + acked, 0) === 500;
    });
    expect(consumer).toBeDefined();
  });

  it('have what was settled before the lease was lost', async () => {
    const queue = redis.queue<number>();
    const consumer = queue.consume(() => {}, { leaseMs: 6000 });
    consumer.on('error', () => {});
    await queue.sendBatch(Array.from({ length: 20 }, (_, body) => ({ body })));
    await eventually(async () => (await queue.stats()).total.acked === 20);
    await queue.connection.call('DEL', [queueKeys(queue.name).consumers]);
    await eventually(async () => {
      const points = await queue.series();
      return points.reduce((sum, { acked }) => sum + acked, 0) === 20;
    });
  });

  it('are kept for 48 hours of minutes and 90 days of hours', async () => {
    const queue = redis.queue<number>();
    const keys = queueKeys(queue.name);
    const minute = Math.floor(Date.now() / 60_000);
    const hour = Math.floor(minute / 60);
    const old = [`m${minute - 2881}`, `h${hour - 2161}`, `m${minute - 2870}`, `h${hour - 2150}`];
    await queue.connection.call('HSET', [keys.series, ...old.flatMap((field) => [field, '3,1'])]);
    await queue.connection.run(addSeries, { keys, numbers: [1, 0, 2], keyTimes: [] });
    await queue.connection.run(addSeries, { keys, numbers: [1, 0, 2], keyTimes: [] });
    const fields = (await queue.connection.call('HGETALL', [keys.series])) as Buffer[];
    const left = fields.map(String).filter((_, n) => n % 2 === 0);
    expect(left).toHaveLength(4);
    expect(left).not.toContain(`m${minute - 2881}`);
    expect(left).not.toContain(`h${hour - 2161}`);
    const [now] = (await queue.series({ from: new Date() })).slice(-1);
    expect(now).toMatchObject({ acked: 2, dead: 4 });
    await queue.destroy();
    expect(await queue.connection.call('EXISTS', [keys.series])).toBe(0);
  });

  it('distributions have the quantiles of their buckets', () => {
    expect([0, -5, 1, 1.5, 2, 3, 4, 5, 1000, 2 ** 23, 2 ** 23 + 1, 1e12].map(bucketOf)).toEqual([
      0, 0, 0, 1, 1, 2, 2, 3, 10, 23, 24, 24,
    ]);
    const buckets = Array.from({ length: 25 }, (_, n) => (n === 3 ? 98 : n === 10 ? 2 : 0));
    expect(distributionOf(buckets)).toMatchObject({ count: 100, p50Ms: 8, p99Ms: 1024 });
  });
});
