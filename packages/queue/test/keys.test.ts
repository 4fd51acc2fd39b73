import { setTimeout as pause } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { eventually } from '../../../tooling/eventually.js';
import { rejection } from '../../../tooling/rejection.js';
import { queueKeys } from '../src/keys.js';
import { addSeries } from '../src/scripts/add-series.js';
import { consumersOf, deferred, expireLeases, leftKeys } from './support/in-redis.js';
import { useRedis } from './support/use-redis.js';

const redis = useRedis();

interface Numbered {
  key: string;
  n: number;
}

it('messages of a key are handled one at a time and in order, also with failures, over several consumers', async () => {
  const queue = redis.queue<Numbered>();
  const [keys, each] = [20, 30];
  const running = new Map<string, number>();
  const done = new Map<string, number[]>();
  const wrong: string[] = [];
  const handler = async ({ body: { key, n }, attempt }: { body: Numbered; attempt: number }) => {
    running.set(key, (running.get(key) ?? 0) + 1);
    if ((running.get(key) ?? 0) > 1) wrong.push(`${key} twice at a time`);
    await queue.stats();
    running.set(key, (running.get(key) ?? 0) - 1);
    if (n % 7 === 3 && attempt < 3) throw new Error('not yet');
    done.set(key, [...(done.get(key) ?? []), n]);
  };
  for (const consumerOf of [queue, redis.otherEnd(queue), redis.otherEnd(queue)]) {
    consumerOf.consume(handler, { concurrency: 10, maxAttempts: 5, backoff: () => 5 });
  }
  const items = Array.from({ length: keys * each }, (_, at) => {
    const body = { key: `key ${at % keys}`, n: Math.floor(at / keys) };
    return { body, key: body.key };
  });
  await queue.sendBatch(items);
  await eventually(() => [...done.values()].flat().length === keys * each);
  const order = Array.from({ length: each }, (_, n) => n);
  for (const numbers of done.values()) expect(numbers).toEqual(order);
  expect(wrong).toEqual([]);
  await eventually(async () => (await leftKeys(queue)).length === 0);
});

it('while a failed message waits for its next attempt, its key waits and others go on', async () => {
  const queue = redis.queue<string>();
  for (const body of ['a1', 'a2', 'b1', 'b2']) await queue.send(body, { key: body.slice(0, 1) });
  const handled: string[] = [];
  queue.consume(
    ({ body, attempt }) => {
      handled.push(`${body}/${attempt}`);
      if (body === 'a1' && attempt === 1) throw new Error('not yet');
    },
    { concurrency: 1, backoff: () => 300 },
  );
  await eventually(() => handled.length === 5);
  expect(handled.slice(-2)).toEqual(['a1/2', 'a2/1']);
  expect(handled.slice(0, 3).sort()).toEqual(['a1/1', 'b1/1', 'b2/1']);
});

it('with onFailure pass, the others of the key go on', async () => {
  const queue = redis.queue<string>();
  for (const body of ['a1', 'a2', 'a3']) await queue.send(body, { key: 'a' });
  const handled: string[] = [];
  queue.consume(
    ({ body, attempt }) => {
      handled.push(`${body}/${attempt}`);
      if (body === 'a1' && attempt === 1) throw new Error('not yet');
    },
    { concurrency: 1, backoff: () => 300, onFailure: 'pass' },
  );
  await eventually(() => handled.length === 4);
  expect(handled).toEqual(['a1/1', 'a2/1', 'a3/1', 'a1/2']);
});

it.each(['dead letter', 'expiry', 'stop', 'crash', 'purge while active', 'ack'])(
  'a key is free after %s',
  async (event) => {
    const queue = redis.queue<string>();
    const dying = redis.otherEnd(queue);
    await queue.send('first', { key: 'k', ...(event === 'expiry' ? { ttlMs: 1 } : {}) });
    if (event !== 'expiry') {
      const delivery = await dying.receive();
      expect(delivery?.key).toBe('k');
      await queue.send('second', { key: 'k' });
      // Its key is busy.
      expect(await queue.receive({ timeoutMs: 0 })).toBeUndefined();
      if (event === 'dead letter') await delivery?.deadLetter();
      if (event === 'ack') await delivery?.ack();
      if (event === 'stop') await dying.close();
      if (event === 'purge while active') {
        await queue.purge();
        await delivery?.ack();
        await queue.send('second', { key: 'k' });
      }
      if (event === 'crash') await expireLeases(queue as never, await consumersOf(queue as never));
    } else {
      await eventually(async () => (await queue.receive({ timeoutMs: 0 })) === undefined);
      await queue.send('second', { key: 'k' });
    }
    const comesAgain = event === 'stop' || event === 'crash';
    const expected = comesAgain ? ['first', 'second'] : ['second'];
    const handled: string[] = [];
    const finisher = redis.otherEnd(queue);
    finisher.consume(({ body }) => void handled.push(body), { concurrency: 5, leaseMs: 1000 });
    await eventually(() => handled.length === expected.length);
    expect(handled).toEqual(expected);
    await queue.close();
    await finisher.close();
    if (event !== 'crash') await dying.close();
    await eventually(async () =>
      (await leftKeys(redis.queue({ name: queue.name }))).every((key) => /dead$/.test(key)),
    );
  },
);

it('keys share the time of handlers, not turns', async () => {
  const queue = redis.queue<string>();
  await queue.sendBatch(Array.from({ length: 200 }, () => ({ body: 'slow', key: 'slow' })));
  await queue.sendBatch(Array.from({ length: 200 }, () => ({ body: 'fast', key: 'fast' })));
  const took = { slow: 0, fast: 0 };
  let fastLeft = 200;
  const consumer = queue.consume(
    async ({ body }) => {
      const began = performance.now();
      while (performance.now() - began < (body === 'slow' ? 8 : 1));
      if (fastLeft === 0) return;
      took[body as 'slow' | 'fast'] += performance.now() - began;
      if (body === 'fast') fastLeft -= 1;
    },
    { concurrency: 1 },
  );
  await eventually(() => fastLeft === 0, 30_000);
  void consumer.stop();
  expect(took.slow / took.fast).toBeGreaterThan(0.7);
  expect(took.slow / took.fast).toBeLessThan(1.4);
});

it('a flood of one key does not keep others waiting when messages are taken with receive()', async () => {
  const queue = redis.queue<string>();
  await queue.sendBatch(Array.from({ length: 200 }, () => ({ body: 'many', key: 'many' })));
  await queue.send('one', { key: 'one' });
  const taken: (string | undefined)[] = [];
  while (!taken.includes('one')) {
    const delivery = await queue.receive();
    taken.push(delivery?.key);
    await delivery?.ack();
  }
  expect(taken.length).toBeLessThan(20);
});

it('a flood without a key does not keep keys waiting, and keys do not keep it waiting', async () => {
  const queue = redis.queue<string>();
  await queue.connection.call('LPUSH', [queue.name, ...Array(600).fill('"plain"')]);
  for (let n = 0; n < 30; n += 1) await queue.send('keyed', { key: 'k' });
  const handled: string[] = [];
  // They share time. A handler that takes none is charged with what else the machine does meanwhile.
  queue.consume(
    async ({ body }) => {
      await pause(1);
      handled.push(body);
    },
    { concurrency: 1 },
  );
  await eventually(() => handled.length === 630);
  const lastKeyed = handled.lastIndexOf('keyed');
  expect(lastKeyed).toBeLessThan(300);
  expect(handled.slice(0, lastKeyed).filter((body) => body === 'plain').length).toBeGreaterThan(10);
});

it('an idle consumer wakes when the message comes, when the key is free, and when its time has come', async () => {
  const queue = redis.queue<string>();
  const blocker = deferred();
  const handled: string[] = [];
  queue.consume(
    async ({ body, attempt }) => {
      if (body === 'blocks') await blocker.promise;
      handled.push(body);
      if (body === 'fails' && attempt === 1) throw new Error('not yet');
    },
    { concurrency: 2, backoff: () => 50 },
  );
  await queue.send('one', { key: 'k' });
  await eventually(() => handled.length === 1, 2000);
  await queue.send('blocks', { key: 'k' });
  await queue.send('after', { key: 'k' });
  blocker.resolve();
  await eventually(() => handled.length === 3, 2000);
  await queue.send('fails', { key: 'k' });
  await eventually(() => handled.length === 5, 2000);
  expect(handled).toEqual(['one', 'blocks', 'after', 'fails', 'fails']);
});

it('purge and destroy delete what waits of any number of keys', async () => {
  const queue = redis.queue<number>();
  const send = () =>
    queue.sendBatch(Array.from({ length: 2500 }, (_, n) => ({ body: n, key: `key ${n}` })));
  await send();
  expect(await queue.purge()).toEqual({ pending: 2500, delayed: 0 });
  expect(await leftKeys(queue)).toEqual([]);
  await send();
  expect((await queue.destroy()).pending).toBe(2500);
  expect(await queue.connection.call('KEYS', [`*${queue.name}*`])).toEqual([]);
});

it.each(['k', 'ключ', 'with "quotes" and \\ and \n', '{a}:b', 'x'.repeat(256), '\u0001'])(
  'any text can be a key: %j',
  async (key) => {
    const queue = redis.queue<number>();
    await queue.send(1, { key });
    await queue.send(2, { key });
    const delivery = await queue.receive();
    expect(delivery?.key).toBe(key);
    expect(await queue.receive({ timeoutMs: 0 })).toBeUndefined();
    expect(await queue.connection.call('LLEN', [`${queueKeys(queue.name).lists}${key}`])).toBe(1);
    await delivery?.retry();
    expect((await queue.receive())?.body).toBe(1);
  },
);

it.each([
  { key: '' },
  { key: 'x'.repeat(257) },
  { key: 7 },
  { key: '\ud800' },
  { key: 'k', priority: 4 },
  { key: 'k', bare: true },
])('%j is refused by name', async (options) => {
  const queue = redis.queue();
  const error = await rejection(queue.send(1, options as never));
  expect(error).toMatchObject({ code: 'INVALID_ARGUMENT', message: /key/ });
  expect((await queue.stats()).pending).toBe(0);
});

it('keys of which one message each waits are taken in the order in which they have come', async () => {
  const queue = redis.queue<number>();
  const names = ['m', 'z', 'a', 'y', 'b', 'x', 'c'];
  for (const [n, key] of names.entries()) await queue.send(n, { key });
  const taken: (string | undefined)[] = [];
  for (const _ of names) taken.push((await queue.receive())?.key);
  expect(taken).toEqual(names);
});

it('keys are listed by how long handlers had them lately, whether messages of theirs wait or not', async () => {
  const queue = redis.queue<number>();
  const consumer = queue.consume(({ body }) => pause(body), { concurrency: 4 });
  const each = { short: 2, long: 60, none: 25 };
  for (const [key, body] of Object.entries(each)) {
    const sent = Array.from({ length: 5 }, () => ({ body, ...(key === 'none' ? {} : { key }) }));
    await queue.sendBatch(sent);
  }
  await eventually(async () => (await queue.stats()).total.acked === 15);
  await consumer.stop();

  const listed = await queue.keys({ by: 'time' });
  // The messages without a key are one more.
  expect(listed.map(({ key }) => key)).toEqual(['long', undefined, 'short']);
  const [first, without, second] = listed;
  expect(without).toMatchObject({ pending: 0, active: undefined, waitsSince: undefined });
  expect(without?.handlerMs).toBeGreaterThan(5 * 24);
  expect(first).toMatchObject({ pending: 0, active: 0 });
  // A timer may end a part of a ms before its time.
  expect(first?.handlerMs).toBeGreaterThan(5 * 59);
  expect(second?.handlerMs).toBeLessThan(first?.handlerMs ?? 0);
  expect(await queue.keys({ by: 'time', count: 1 })).toEqual([first]);
  expect((await queue.stats({ key: 'long' })).handlerMs).toBe(first?.handlerMs);
  expect(await queue.keys({ by: 'pending' })).toEqual([]);
});

it('messages without a key that wait are listed among keys, and in a plain queue there are no keys', async () => {
  const queue = redis.queue<number>();
  await queue.sendBatch([{ body: 1 }, { body: 2 }]);
  expect(await queue.keys()).toEqual([]);
  const consumer = queue.consume(({ body }) => pause(body));
  await eventually(async () => (await queue.stats()).total.acked === 2);
  await consumer.stop();
  expect(await queue.keys({ by: 'time' })).toEqual([]);

  await queue.sendBatch([{ body: 1, key: 'a' }, ...Array.from({ length: 3 }, () => ({ body: 2 }))]);
  // One that was returned waits elsewhere.
  const delivery = await queue.receive();
  expect(delivery?.key).toBeUndefined();
  await delivery?.retry();
  const names = async (by: 'pending' | 'age') =>
    (await queue.keys({ by })).map(({ key, pending }) => [key, pending]);
  expect(await names('pending')).toEqual([
    [undefined, 3],
    ['a', 1],
  ]);
  expect(await names('age')).toEqual([['a', 1]]);
});

it('of each hour the times of 200 keys are kept, and those of two hours count', async () => {
  const queue = redis.queue<number>();
  const { connection } = queue;
  const keys = queueKeys(queue.name);
  const add = (keyTimes: [string, number][]) =>
    connection.run(addSeries, { keys, numbers: [1], keyTimes });
  const hour = Math.floor(Date.now() / 3_600_000);
  const former = JSON.stringify({ 'key 1': 5000, 'only then': 3 });
  await connection.call('HSET', [keys.series, `k${hour - 1}`, former, `k${hour - 2}`, '{"old":9}']);
  await add(Array.from({ length: 100 }, (_, n) => [`key ${n}`, 1000 + n]));
  await add(Array.from({ length: 150 }, (_, n) => [`key ${n + 90}`, 10 + n]));

  const listed = await queue.keys({ by: 'time', count: 1000 });
  expect(listed).toHaveLength(201);
  expect(listed[0]).toMatchObject({ key: 'key 1', handlerMs: 6001 });
  expect(listed[1]).toMatchObject({ key: 'key 99', handlerMs: 1099 + 19 });
  expect(listed.at(-1)).toMatchObject({ key: 'only then', handlerMs: 3 });
  expect(await connection.call('HEXISTS', [keys.series, `k${hour - 2}`])).toBe(0);
});

it('keys are listed by how many messages wait and by how long, and each can be looked at', async () => {
  const queue = redis.queue<number>();
  for (const [key, count] of [
    ['old', 1],
    ['many', 5],
    ['few', 2],
  ] as const) {
    await queue.sendBatch(Array.from({ length: count }, (_, body) => ({ body, key })));
    const { waitsSince } = await queue.stats({ key });
    await eventually(async () => Date.now() > (waitsSince as Date).getTime() + 2);
  }
  const names = async (by: 'pending' | 'age', count?: number) =>
    (await queue.keys({ by, count })).map(({ key }) => key);
  expect(await names('pending')).toEqual(['many', 'few', 'old']);
  expect(await names('pending', 1)).toEqual(['many']);
  expect(await names('age')).toEqual(['old', 'many', 'few']);
  const delivery = await queue.receive();
  expect(delivery?.key).toBe('old');
  expect(await queue.stats({ key: 'old' })).toEqual({
    key: 'old',
    pending: 0,
    active: 1,
    waitsSince: undefined,
    notBefore: undefined,
    isPaused: false,
    pausedUntil: undefined,
    handlerMs: 0,
  });
  await delivery?.retry({ delayMs: 60_000 });
  const { pending, active, notBefore } = await queue.stats({ key: 'old' });
  expect({ pending, active }).toEqual({ pending: 1, active: 0 });
  expect(notBefore?.getTime()).toBeGreaterThan(Date.now() + 30_000);
  expect(await queue.stats({ key: 'unknown' })).toMatchObject({ pending: 0, active: 0 });
});

it('after pauseKey nothing of that key starts in any consumer, and others go on', async () => {
  const queue = redis.queue<string>();
  const handled: string[] = [];
  for (const end of [queue, redis.otherEnd(queue)]) {
    end.consume(({ body }) => void handled.push(body), { concurrency: 5 });
  }
  await queue.send('warm', { key: 'other' });
  await eventually(() => handled.length === 1);
  await queue.pauseKey('k');
  expect(await queue.stats({ key: 'k' })).toMatchObject({ isPaused: true, pausedUntil: undefined });
  for (let n = 0; n < 20; n += 1) await queue.send('paused', { key: 'k' });
  for (let n = 0; n < 20; n += 1) await queue.send('goes on', { key: `other ${n}` });
  await eventually(() => handled.length === 21);
  expect(handled).not.toContain('paused');
  expect(await queue.resumeKey('k')).toBe(true);
  await eventually(() => handled.length === 41);
  expect(await queue.resumeKey('k')).toBe(false);
});

it('while messages of a key are handled, pauseKey holds the next ones', async () => {
  const queue = redis.queue<number>();
  const handled: number[] = [];
  queue.consume(async ({ body }) => {
    handled.push(body);
    await queue.stats();
  });
  await queue.sendBatch(Array.from({ length: 2000 }, (_, body) => ({ body, key: 'k' })));
  await eventually(() => handled.length > 100);
  await queue.pauseKey('k');
  const before = handled.length;
  for (let n = 0; n < 100; n += 1) await queue.stats();
  expect(handled.length).toBe(before);
  expect(before).toBeLessThan(2000);
  await queue.resumeKey('k');
  await eventually(() => handled.length === 2000, 30_000);
  expect(handled).toEqual([...handled].sort((a, b) => a - b));
});

it('a pause of a key ends by itself', async () => {
  const queue = redis.queue<string>();
  const handled: string[] = [];
  queue.consume(({ body }) => void handled.push(body));
  await queue.pauseKey('k', { untilMs: Date.now() + 400 });
  const pausedAt = performance.now();
  await queue.send('paused', { key: 'k' });
  await queue.send('other', { key: 'l' });
  await eventually(() => handled.length === 2);
  expect(handled).toEqual(['other', 'paused']);
  expect(performance.now() - pausedAt).toBeGreaterThan(200);
});

it('a message that has failed waits for its next attempt, also when a pause was to end at the same time', async () => {
  const queue = redis.queue<string>();
  const { later } = queueKeys(queue.name);
  await queue.send('failed', { key: 'k' });
  await (await queue.receive())?.retry({ delayMs: 3_600_000 });
  const waits = async () => Number(String(await queue.connection.call('ZSCORE', [later, 'k'])));
  const until = await waits();
  await queue.pauseKey('k', { untilMs: Math.ceil(until) });
  await queue.resumeKey('k');
  expect(await waits()).toBe(until);
  expect((await queue.stats({ key: 'k' })).notBefore?.getTime()).toBe(Math.ceil(until));
});

it('of two pauses of a key the second one decides when they end', async () => {
  const queue = redis.queue<string>();
  const handled: string[] = [];
  await queue.send('first', { key: 'k' });
  await queue.pauseKey('k');
  await queue.pauseKey('k', { untilMs: Date.now() + 300 });
  queue.consume(({ body }) => void handled.push(body));
  await eventually(() => handled.length === 1);

  await queue.pauseKey('k', { untilMs: Date.now() + 3_600_000 });
  await queue.send('second', { key: 'k' });
  await queue.pauseKey('k');
  expect(await queue.resumeKey('k')).toBe(true);
  await eventually(() => handled.length === 2);
});

it.each(['purge', 'close'])(
  'after %s nothing is left of the times that keys have shared',
  async (end) => {
    const queue = redis.queue<string>();
    await queue.send('keyed', { key: 'k' });
    await queue.send('first');
    await (await queue.receive())?.ack();
    if (end === 'purge') await queue.send('second');
    await (await queue.receive())?.ack();
    if (end === 'purge') await queue.purge();
    await queue.close();
    expect(await leftKeys(redis.queue({ name: queue.name }))).toEqual([]);
  },
);

it.each([
  ['pauseKey', ['']],
  ['pauseKey', ['k', { reason: 'none' }]],
  ['pauseKey', ['k', { untilMs: 1 }]],
  ['resumeKey', [7]],
  ['keys', [{ by: 'name' }]],
  ['keys', [{ count: 0 }]],
  ['stats', [{ kee: 'k' }]],
] as const)('%s(%j) is refused', async (method, args) => {
  const queue = redis.queue();
  const call = async () => (queue[method] as (...all: unknown[]) => Promise<unknown>)(...args);
  expect(await rejection(call())).toMatchObject({ code: 'INVALID_ARGUMENT' });
});

it('an envelope with a key that another client pushes onto the list waits for its next attempt all the same', async () => {
  const queue = redis.queue<string>();
  const started: number[] = [];
  queue.consume(
    () => {
      started.push(performance.now());
      if (started.length === 1) throw new Error('not yet');
    },
    { backoff: () => 300 },
  );
  const element = '\x011{"key":"k","id":"pushed","ts":0}\n"body"';
  await queue.connection.call('LPUSH', [queue.name, element]);
  await eventually(() => started.length === 2);
  const [first = 0, second = 0] = started;
  expect(second - first).toBeGreaterThan(250);
});

it('a message with a key that another client has pushed onto the list keeps its key busy for no longer than it is held, also after a crash', async () => {
  const queue = redis.queue<string>();
  const dying = redis.otherEnd(queue);
  dying.on('error', () => {});
  const element = '\x011{"key":"k","id":"pushed"}\n"pushed"';
  await queue.connection.call('LPUSH', [queue.name, element]);
  expect((await dying.receive())?.body).toBe('pushed');
  await dying.connection.close();
  await expireLeases(queue as never, await consumersOf(queue as never));
  const again = await queue.receive({ timeoutMs: 10_000 });
  expect(again).toMatchObject({ body: 'pushed', attempt: 2 });
  await queue.send('sent', { key: 'k' });
  await again?.ack();
  const next = await queue.receive({ timeoutMs: 5000 });
  expect(next?.body).toBe('sent');
  await next?.ack();
});
