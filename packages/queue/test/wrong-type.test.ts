import { isRedpostError, type WrongTypeError } from '@redpost/core';
import { expect, it } from 'vitest';
import { eventually } from '../../../tooling/eventually.js';
import { rejection } from '../../../tooling/rejection.js';
import { Flow, List, Queue } from '../src/index.js';
import { openConnection, uniqueName, useRedis } from './support/use-redis.js';

const redis = useRedis();

/** A queue whose list is a hash of somebody else's. */
async function onHash() {
  const queue = redis.queue<string>();
  await queue.connection.call('HSET', [queue.name, 'field', 'value']);
  return queue;
}

it('every call of a queue on a key of another type is rejected with the type of the key', async () => {
  const queue = await onHash();
  const calls = {
    send: () => queue.send('a'),
    'send later': () => queue.send('a', { delayMs: 10 }),
    'send for a while': () => queue.send('a', { ttlMs: 1000 }),
    'send with a key': () => queue.send('a', { key: 'k', delayMs: 10 }),
    'send with a priority': () => queue.send('a', { priority: 7, delayMs: 10 }),
    'send once': () => queue.send('a', { once: { key: 'o', until: 'done' } }),
    'send when it is quiet': () => queue.send('a', { debounce: { key: 'd', ms: 10 } }),
    request: () => queue.request('a', { timeoutMs: 10_000 }),
    'set a schedule': () => queue.schedules.set('s', { everyMs: 1000, body: 'a' }),
    'open a flow': () => Flow.open({ connection: queue.connection, then: { queue, body: 'a' } }),
    stats: () => queue.stats(),
    peek: () => queue.peek(),
    purge: () => queue.purge(),
    receive: () => queue.receive(),
    'receive at once': () => queue.receive({ timeoutMs: 0 }),
  };
  queue.on('error', () => {});
  for (const [name, call] of Object.entries(calls)) {
    const error = await rejection(call());
    expect(error, name).toMatchObject({
      code: 'WRONG_TYPE',
      outcome: 'not-executed',
      retryable: false,
      key: queue.name,
      database: 0,
      expected: 'list',
      found: 'hash',
      message: expect.stringContaining(`The queue "${queue.name}" cannot be used: its key`),
    });
  }
  const batch = await queue.sendBatch([{ body: 'a', delayMs: 10 }, { body: 'b' }]);
  expect(batch.map((sent) => sent.status)).toEqual(['failed', 'failed']);
  const keys = ['delayed', 'level:7', 'key:k', 'once', 'debounced', 'schedules', 'flows'];
  expect(
    await queue.connection.call(
      'EXISTS',
      keys.map((key) => `{${queue.name}}:${key}`),
    ),
  ).toBe(0);
});

it.each(['ready', 'busy', 'fair', 'keys:age'])(
  'a send with a key that was written before the key %s failed does not say that nothing was sent',
  async (suffix) => {
    const queue = redis.queue<string>();
    const key = `{${queue.name}}:${suffix}`;
    await queue.connection.call('SET', [key, 'value']);

    const error = await rejection(queue.send('a', { key: 'k' }));

    expect(error).toMatchObject({ code: 'WRONG_TYPE', key, outcome: 'unknown' });
    expect(await queue.connection.call('LLEN', [`{${queue.name}}:key:k`])).toBe(1);
  },
);

it('nothing is purged when the key of the consumers is of another type', async () => {
  const queue = redis.queue<string>();
  const key = `{${queue.name}}:consumers`;
  await queue.send('a');
  await queue.connection.call('SET', [key, 'value']);

  const error = await rejection(queue.purge());

  expect(error).toMatchObject({ code: 'WRONG_TYPE', key, outcome: 'not-executed' });
  expect(await queue.connection.call('LLEN', [queue.name])).toBe(1);
});

it('every call that is refused changes nothing, whatever type the key has', async () => {
  const values = {
    string: ['SET', 'value'],
    set: ['SADD', 'value'],
    zset: ['ZADD', '1', 'value'],
    stream: ['XADD', '*', 'field', 'value'],
  };
  for (const [found, [command = '', ...args]] of Object.entries(values)) {
    const queue = redis.queue<string>();
    const { connection, name } = queue;
    await connection.call(command, [name, ...args]);
    const before = await connection.call('DUMP', [name]);
    for (const call of [
      () => queue.send('a'),
      () => queue.send('a', { delayMs: 10 }),
      () => queue.purge(),
      () => queue.receive(),
    ]) {
      expect(await rejection(call())).toMatchObject({ code: 'WRONG_TYPE', key: name, found });
    }
    expect(await connection.call('DUMP', [name])).toEqual(before);
  }
});

it('a wrong type among the other keys of a queue is also named', async () => {
  const queue = redis.queue<string>();
  await queue.connection.call('SET', [`{${queue.name}}:dead`, 'value']);
  expect(await rejection(queue.stats())).toMatchObject({
    code: 'WRONG_TYPE',
    key: `{${queue.name}}:dead`,
    expected: 'stream',
    found: 'string',
  });
});

it('the error names the database that was chosen', async () => {
  const url = new URL(redis.url);
  url.pathname = '/3';
  const connection = openConnection(url.href);
  const queue = redis.queue({ connection });
  await connection.call('SET', [queue.name, 'value']);
  expect(await rejection(queue.send('a'))).toMatchObject({
    database: 3,
    message: expect.stringContaining('in database 3 of Redis at'),
  });
});

it('a consumer says once that its key is of another type, and works when it is put right', async () => {
  const queue = await onHash();
  const errors: Error[] = [];
  const handled: string[] = [];
  const consumer = queue.consume(({ body }) => handled.push(body));
  consumer.on('error', (error) => errors.push(error));
  const calls = async () => {
    const [, , info] = /cmdstat_type:calls=((\d+))/.exec(
      String(await queue.connection.call('INFO', ['commandstats'])),
    ) ?? ['', '', '0'];
    return Number(info);
  };
  const before = await calls();
  // It has asked several times.
  await eventually(async () => (await calls()) - before >= 4);
  expect(errors.map((error) => (error as WrongTypeError).code)).toEqual(['WRONG_TYPE']);
  await queue.connection.call('DEL', [queue.name]);
  await queue.send('a');
  await eventually(() => handled.length === 1);
});

it('every command of a List names the key that is not a list', async () => {
  const connection = redis.connection();
  const [name, good] = [uniqueName(), uniqueName()];
  await connection.call('SET', [name, 'value']);
  const list = new List<string>(name, { connection });
  const other = new List<string>(good, { connection });
  await other.lpush('a');
  const calls = [
    () => list.lpush('a'),
    () => list.rpush('a'),
    () => list.lpop(),
    () => list.rpop(2),
    () => list.blpop({ timeoutMs: 10 }),
    () => List.brpop([new List(uniqueName(), { connection }), list], { timeoutMs: 10 }),
    () => list.lindex(0),
    () => list.lrange(),
    () => list.llen(),
    () => list.lmove(other),
    () => other.lmove(list),
    () => other.blmove(list, { timeoutMs: 10 }),
  ];
  for (const call of calls) {
    const error = await rejection(call());
    expect(error, String(call)).toMatchObject({
      code: 'WRONG_TYPE',
      outcome: 'not-executed',
      key: name,
      message: expect.stringContaining(`The list "${name}" cannot be used`),
    });
    expect(isRedpostError(error)).toBe(true);
  }
  expect(await other.lrange()).toEqual(['a']);
});

it.each(['bull:emails:wait', 'bq:emails:waiting', 'rq:queue:default'])(
  'a queue on a key of another system is refused: %s',
  (name) => {
    const connection = redis.connection();
    expect(() => new Queue(name, { connection })).toThrow(
      /these are the keys of (BullMQ|Bee-Queue|RQ)/,
    );
  },
);

it('a key of suspects of another type loses no message that is taken with it', async () => {
  const queue = redis.queue<string>();
  const key = `{${queue.name}}:suspects`;
  await queue.connection.call('SET', [key, 'value']);
  await queue.sendBatch([{ body: 'a' }, { body: 'b' }]);
  expect(await rejection(queue.receive({ timeoutMs: 0 }))).toMatchObject({
    code: 'WRONG_TYPE',
    key,
  });
  expect(await queue.connection.call('LLEN', [queue.name])).toBe(2);
  await queue.connection.call('DEL', [key]);
  const consumed: string[] = [];
  queue.consume(({ body }) => void consumed.push(body));
  await eventually(() => consumed.length === 2);
});
