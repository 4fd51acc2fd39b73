import { ConnectionError, isRedpostError } from '@redpost/core';
import { describe, expect, it, onTestFinished } from 'vitest';
import { eventually } from '../../../tooling/eventually.js';
import { rejection } from '../../../tooling/rejection.js';
import { type MaxLength, Queue, type SendResult } from '../src/index.js';
import { calls } from './support/in-redis.js';
import { openConnection, startOwnRedis, uniqueName, useRedis } from './support/use-redis.js';

const redis = useRedis();

const bounded = (maxLength: MaxLength, more: { name?: string; sendTimeoutMs?: number } = {}) =>
  redis.queue<number>({ maxLength, ...more });

const batch = (count: number, from = 0) =>
  Array.from({ length: count }, (_, n) => ({ body: from + n }));

/** The bodies that wait, the next one first. */
const bodies = async (queue: Queue<number>) => (await queue.peek(1000)).map(({ body }) => body);

const statuses = (results: SendResult[]) => results.map(({ status }) => status);

const full = { code: 'QUEUE_FULL', outcome: 'not-executed', retryable: true };

describe('whenFull: reject', () => {
  it('sends the messages of a batch that fit in their order, and rejects the others as full', async () => {
    const queue = bounded({ count: 3 });

    const results = await queue.sendBatch(batch(5));

    expect(statuses(results)).toEqual(['sent', 'sent', 'sent', 'failed', 'failed']);
    expect(await bodies(queue)).toEqual([0, 1, 2]);
    const error = await rejection(queue.send(9));
    expect(error).toMatchObject({ ...full, queue: queue.name, count: 3, limit: 3 });
    expect(error.message).toContain(`The queue "${queue.name}" is full: 3 messages wait`);
    expect(isRedpostError(error, 'QUEUE_FULL')).toBe(true);
  });

  it('accepts messages again when a consumer has taken some, also while it holds them', async () => {
    const queue = bounded({ count: 1 });
    await queue.send(1);
    await rejection(queue.send(2));

    const delivery = await queue.receive();
    await queue.send(3);

    await delivery?.ack();
    expect(await bodies(queue)).toEqual([3]);
  });

  it.each(['returned', 'suspects'])('messages among the %s count', async (kind) => {
    const queue = bounded({ count: 2 });
    await queue.connection.call('LPUSH', [`{${queue.name}}:${kind}`, '1', '2']);

    expect(await rejection(queue.send(3))).toMatchObject({ ...full, count: 2 });
  });

  it('delayed messages count, so that a delay is no way around the bound', async () => {
    const queue = bounded({ count: 2 });
    const later = { delayMs: 60_000 };

    const results = await queue.sendBatch(batch(3).map((item) => ({ ...item, ...later })));

    expect(statuses(results)).toEqual(['sent', 'sent', 'failed']);
    expect(await rejection(queue.send(9))).toMatchObject(full);
    expect(await queue.stats()).toMatchObject({ pending: 0, delayed: 2 });
  });

  it('messages have what they are sent with: headers, times to live, or nothing at all', async () => {
    const queue = bounded({ count: 3 });

    await queue.sendBatch([
      { body: 1, id: 'mine', headers: { a: 'b' }, ttlMs: 60_000 },
      { body: 2, bare: true },
      { body: 3, ttlMs: 1 },
    ]);

    expect((await queue.peek())[0]).toMatchObject({ id: 'mine', body: 1, headers: { a: 'b' } });
    expect(String(await queue.connection.call('LINDEX', [queue.name, 1]))).toBe('2');
    for (const expected of [1, 2]) {
      const delivery = await queue.receive({ timeoutMs: 1000 });
      expect(delivery?.body).toBe(expected);
      await delivery?.ack();
    }
    expect(await queue.receive({ timeoutMs: 50 })).toBeUndefined();
  });

  it('clients and objects without a bound send as before, by LPUSH only', async () => {
    const own = await startOwnRedis();
    const connection = openConnection(own.url);
    const name = uniqueName();
    const queue = new Queue<number>(name, { connection, maxLength: { count: 1 } });
    const unbounded = new Queue<number>(name, { connection });
    await queue.send(1);
    const scripts = await calls(connection, 'eval');

    await unbounded.sendBatch(batch(100));

    expect(await calls(connection, 'eval')).toBe(scripts);
    expect(await rejection(queue.send(2))).toMatchObject({ ...full, count: 101 });
  });
});

describe('whenFull: drop-oldest', () => {
  it('deletes the oldest messages for new ones, counts them and reports them', async () => {
    const queue = bounded({ count: 3, whenFull: 'drop-oldest' });
    const dropped: number[] = [];
    queue.on('dropped', ({ count }) => dropped.push(count));
    await queue.sendBatch(batch(3));

    const results = await queue.sendBatch(batch(2, 3));

    expect(statuses(results)).toEqual(['sent', 'sent']);
    expect(await bodies(queue)).toEqual([2, 3, 4]);
    expect(dropped).toEqual([2]);
    expect((await queue.stats()).total.dropped).toBe(2);
  });

  it('of a batch that is longer than the queue may be, the last messages remain', async () => {
    const queue = bounded({ count: 3, whenFull: 'drop-oldest' });

    await queue.sendBatch(batch(200));

    expect(await bodies(queue)).toEqual([197, 198, 199]);
    expect((await queue.stats()).total.dropped).toBe(197);
  });

  it('keeps delayed and returned messages, and rejects a send when only such messages wait', async () => {
    const queue = bounded({ count: 3, whenFull: 'drop-oldest' });
    await queue.send(1, { delayMs: 60_000 });
    await queue.send(2);
    await (await queue.receive())?.retry();
    await queue.send(3);

    await queue.send(4, { delayMs: 60_000 });

    expect(await bodies(queue)).toEqual([2]);
    expect(await queue.stats()).toMatchObject({ pending: 1, delayed: 2, total: { dropped: 1 } });
    expect(await rejection(queue.send(5))).toMatchObject({ ...full, count: 3 });
  });

  it('delayed messages replace as many as are in the list, and the others are rejected', async () => {
    const queue = bounded({ count: 2, whenFull: 'drop-oldest' });
    await queue.sendBatch(batch(2));

    const results = await queue.sendBatch(batch(3).map((item) => ({ ...item, delayMs: 60_000 })));

    expect(statuses(results)).toEqual(['sent', 'sent', 'failed']);
    expect(await queue.stats()).toMatchObject({ pending: 0, delayed: 2, total: { dropped: 2 } });
  });

  it('a queue that others have made longer becomes no longer, and is not cut', async () => {
    const queue = bounded({ count: 2, whenFull: 'drop-oldest' });
    await queue.connection.call('LPUSH', [queue.name, '1', '2', '3', '4']);

    await queue.send(5);

    expect(await bodies(queue)).toEqual([2, 3, 4, 5]);
  });
});

describe('whenFull: wait', () => {
  it('a send waits until there is room, and all are handled in the order of their sends', async () => {
    const queue = bounded({ count: 5, whenFull: 'wait' });
    const sent = queue.sendBatch(batch(200));
    await eventually(async () => (await queue.stats()).pending === 5);

    const handled: number[] = [];
    queue.consume(({ body }) => void handled.push(body));

    expect(statuses(await sent)).toEqual(batch(200).map(() => 'sent'));
    await eventually(() => handled.length === 200);
    expect(handled).toEqual(batch(200).map(({ body }) => body));
  });

  it('a later send never overtakes one that waits, however often there is room for one', async () => {
    const queue = bounded({ count: 2, whenFull: 'wait' });
    const sends: Promise<string>[] = [];
    const received: number[] = [];
    for (let n = 0; n < 60; n += 1) {
      sends.push(queue.send(n, n % 3 ? {} : { ttlMs: 60_000 }));
      if (n % 2 === 0) continue;
      const delivery = await queue.receive({ timeoutMs: 10_000 });
      received.push(delivery?.body ?? -1);
      await delivery?.ack();
    }
    while (received.length < 60) {
      const delivery = await queue.receive({ timeoutMs: 10_000 });
      received.push(delivery?.body ?? -1);
      await delivery?.ack();
    }

    await Promise.all(sends);
    expect(received).toEqual(batch(60).map(({ body }) => body));
  });

  it('a send that finds no room rejects at its deadline, not before', async () => {
    const queue = bounded({ count: 1, whenFull: 'wait' }, { sendTimeoutMs: 300 });
    await queue.send(1);
    const start = performance.now();

    const message = expect.stringContaining('is full: 1 message waits, and its maxLength is 1.');
    expect(await rejection(queue.send(2))).toMatchObject({ ...full, count: 1, limit: 1, message });

    expect(performance.now() - start).toBeGreaterThan(295);
    expect(await bodies(queue)).toEqual([1]);
  });

  it('without sendTimeoutMs, the deadline is that of the calls of the connection', async () => {
    const connection = redis.connection({ callTimeoutMs: 500 });
    const maxLength = { count: 1, whenFull: 'wait' } as const;
    const queue = redis.queue<number>({ connection, maxLength });
    await queue.send(1);
    const start = performance.now();

    expect(await rejection(queue.send(2))).toMatchObject(full);
    expect(performance.now() - start).toBeGreaterThan(495);
  });

  it('waiting asks seldom, and does not hold up other calls', async () => {
    const own = await startOwnRedis();
    const connection = openConnection(own.url);
    const maxLength = { count: 1, whenFull: 'wait' } as const;
    const queue = new Queue<number>('q', { connection, maxLength, sendTimeoutMs: 2000 });
    await queue.send(1);
    const before = await calls(connection, 'eval');
    const sends = Array.from({ length: 200 }, (_, n) => rejection(queue.send(n)));

    expect((await queue.stats()).pending).toBe(1);
    await new Queue<number>('other', { connection }).send(1);

    for (const error of await Promise.all(sends)) expect(error).toMatchObject(full);
    // Two seconds: 7 calls at growing intervals, then one each 100 ms.
    expect((await calls(connection, 'eval')) - before).toBeLessThan(40);
  });

  it('close() ends the waiting at once, with an error that says so', async () => {
    const queue = bounded({ count: 1, whenFull: 'wait' }, { sendTimeoutMs: 600_000 });
    await queue.send(1);
    const waiting = [rejection(queue.send(2)), rejection(queue.send(3))];
    await eventually(async () => (await queue.stats()).pending === 1);

    await queue.close();

    for (const error of await Promise.all(waiting)) {
      expect(error).toMatchObject({ code: 'CLOSED', outcome: 'not-executed' });
      expect(error.message).toContain('while a send waited for room');
    }
    expect(await bodies(queue)).toEqual([1]);
  });

  it('an error that waiting does not end rejects the sends that wait', async () => {
    const queue = bounded({ count: 1, whenFull: 'wait' }, { sendTimeoutMs: 600_000 });
    await queue.send(1);
    const waiting = rejection(queue.send(2));

    await queue.connection.call('DEL', [queue.name]);
    await queue.connection.call('SET', [queue.name, 'x']);

    // It may have found the room between both calls.
    const error = await Promise.race([waiting, queue.send(3).catch((reason) => reason)]);
    expect(error).toMatchObject({ code: 'WRONG_TYPE', outcome: 'not-executed' });
    await queue.connection.call('DEL', [queue.name]);
  });
});

describe.each(['reject', 'drop-oldest', 'wait'] as const)('whenFull: %s', (whenFull) => {
  it('three connections that send at once never exceed the bound, and no message that was sent is lost', async () => {
    const name = uniqueName();
    const count = 10;
    const producers = [0, 1, 2].map(() => bounded({ count, whenFull }, { name }));
    const handled: number[] = [];
    const watcher = redis.queue<number>({ name });
    let longest = 0;
    let isOver = false;
    onTestFinished(() => {
      isOver = true;
    });
    const watching = (async () => {
      while (!isOver) {
        longest = Math.max(longest, Number(await watcher.connection.call('LLEN', [name])));
      }
    })();
    const consumer = watcher.consume(({ body }) => void handled.push(body), { concurrency: 3 });

    const sends = producers.map(async (queue, at) => {
      const sent: number[] = [];
      for (let round = 0; round < 40; round += 1) {
        const items = batch(8, at * 1000 + round * 8);
        for (const [n, { status }] of (await queue.sendBatch(items)).entries()) {
          if (status === 'sent') sent.push(items[n]?.body ?? -1);
        }
      }
      return sent;
    });
    const sent = (await Promise.all(sends)).flat();
    const dropped = async () => (await watcher.stats()).total.dropped;
    await eventually(async () => handled.length + (await dropped()) === sent.length);
    isOver = true;
    await watching;
    await consumer.stop();

    expect(longest).toBeGreaterThan(0);
    expect(longest).toBeLessThanOrEqual(count);
    expect(new Set(handled).size).toBe(handled.length);
    expect(new Set(sent)).toEqual(new Set([...sent, ...handled]));
    if (whenFull !== 'reject') expect(sent.length).toBe(3 * 40 * 8);
    if (whenFull !== 'drop-oldest') expect(new Set(handled)).toEqual(new Set(sent));
  });

  it('a send whose answer is lost is reported as such, and is not repeated', async () => {
    const connection = redis.connection();
    const run: typeof connection.run = async (script, input, options) => {
      await connection.run(script, input, options);
      throw new ConnectionError('The answer was lost', { outcome: 'unknown' });
    };
    const losing = new Proxy(connection, {
      get(target, name) {
        if (name === 'run') return run;
        const value = Reflect.get(target, name, target);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
    const queue = redis.queue<number>({ connection: losing, maxLength: { count: 3, whenFull } });

    const error = await rejection(queue.send(1));

    expect(error).toMatchObject({ code: 'CONNECTION', outcome: 'unknown' });
    expect(await connection.call('LLEN', [queue.name])).toBe(1);
  });

  it.each(['', 'returned', 'suspects', 'delayed'])(
    'nothing is sent when the key %j is of another type',
    async (suffix) => {
      const queue = bounded({ count: 3, whenFull });
      const key = suffix ? `{${queue.name}}:${suffix}` : queue.name;
      await queue.connection.call('SET', [key, 'x']);

      const error = await rejection(queue.send(1, { delayMs: 5 }));

      expect(error).toMatchObject({ code: 'WRONG_TYPE', outcome: 'not-executed', key });
      await queue.connection.call('DEL', [key]);
      expect(await queue.stats()).toMatchObject({ pending: 0, delayed: 0 });
    },
  );

  it('a Redis that is out of memory refuses the send, and nothing is changed', async () => {
    const own = await startOwnRedis({ args: ['--maxmemory-policy', 'noeviction'] });
    const connection = openConnection(own.url);
    const queue = new Queue<number>('q', { connection, maxLength: { count: 2, whenFull } });
    onTestFinished(() => queue.close());
    await queue.send(1);
    if (whenFull === 'drop-oldest') await queue.send(2);
    await connection.call('CONFIG', ['SET', 'maxmemory', '1']);

    expect(await rejection(queue.send(3))).toMatchObject({
      code: 'OUT_OF_MEMORY',
      outcome: 'not-executed',
    });
    const { pending, total } = await queue.stats();
    expect([pending, total.dropped]).toEqual([whenFull === 'drop-oldest' ? 2 : 1, 0]);
  });

  it('a send whose replicas do not answer says that the message is there', async () => {
    const queue = redis.queue<number>({ maxLength: { count: 2, whenFull }, sendTimeoutMs: 1000 });

    const error = await rejection(queue.send(1, { replicas: 1 }));

    expect(error).toMatchObject({ code: 'NOT_REPLICATED', outcome: 'unknown' });
    expect((await queue.stats()).pending).toBe(1);
  });
});

it('nothing is sent or dropped when the counters are of another type', async () => {
  const queue = bounded({ count: 1, whenFull: 'drop-oldest' });
  await queue.send(1);
  const key = `{${queue.name}}:stats`;
  await queue.connection.call('SET', [key, 'x']);

  const error = await rejection(queue.send(2));

  expect(error).toMatchObject({ code: 'WRONG_TYPE', outcome: 'not-executed', key });
  expect(await bodies(queue)).toEqual([1]);
});

it.each([
  [5, 'The options of maxLength are an object, got 5'],
  [null, 'The options of maxLength are an object, got null'],
  [{}, 'maxLength.count must be a whole number at least 1, got undefined'],
  [{ count: 0 }, 'maxLength.count must be a whole number at least 1, got 0'],
  [{ count: 1.5 }, 'maxLength.count must be a whole number at least 1, got 1.5'],
  [
    { count: 1, whenFull: 'drop' },
    'maxLength.whenFull must be one of "reject", "drop-oldest", "wait", got "drop"',
  ],
  [{ count: 1, whenFul: 'wait' }, 'maxLength has no option "whenFul". Did you mean whenFull?'],
])('maxLength: %j is refused by name', (maxLength, message) => {
  const connection = redis.connection();
  const make = () => new Queue('q', { connection, maxLength: maxLength as MaxLength });
  expect(make).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
  expect(make).toThrow(message);
});
