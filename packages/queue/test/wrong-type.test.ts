import { connectionOf, decodeOnly, isRedpostError, text, type WrongTypeError } from '@redpost/core';
import { expect, it } from 'vitest';
import { eventually } from '../../../tooling/eventually.js';
import { rejection } from '../../../tooling/rejection.js';
import { Flow, List, listQueues, Queue } from '../src/index.js';
import { queueKeys } from '../src/keys.js';
import { queueOwner } from '../src/queue-owner.js';
import { importMessages } from '../src/scripts/import.js';
import { leave } from '../src/scripts/leave.js';
import { promote } from '../src/scripts/promote.js';
import { receive } from '../src/scripts/receive.js';
import { recover } from '../src/scripts/recover.js';
import { consumersOf } from './support/in-redis.js';
import { openConnection, type TestQueue, uniqueName, useRedis } from './support/use-redis.js';

const redis = useRedis();

/** The keys of a queue, and a connection whose errors name them. */
function ownersOf({ name, connection }: TestQueue<string>) {
  const keys = queueKeys(name);
  return { keys, connection: connectionOf(queueOwner(name, keys), connection) };
}

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

/** A call, and the key that it derives, with its type. */
const derived: [
  key: string,
  expected: string,
  call: (queue: TestQueue<string>) => Promise<unknown>,
][] = [
  ['level:7', 'list', (queue) => queue.send('a', { priority: 7 })],
  ['level:7', 'list', (queue) => queue.send('a', { priority: 7, ttlMs: 1000, attempt: 3 })],
  ['key:k "ä', 'list', (queue) => queue.send('a', { key: 'k "ä' })],
  ['key:k', 'list', (queue) => queue.send('a', { key: 'k', once: { key: 'o', until: 'done' } })],
  ['level:7', 'list', (queue) => queue.send('a', { priority: 7, once: { key: 'o', until: 5000 } })],
  ['once:o', 'string', (queue) => queue.send('a', { once: { key: 'o', until: 5000 } })],
  ['throttle:t', 'string', (queue) => queue.send('a', { throttle: { key: 't', ms: 1000 } })],
  ['result:i', 'hash', (queue) => queue.result('i')],
];

it.each(derived)(
  'a derived key of another type is named, and nothing is written: %s',
  async (suffix, expected, call) => {
    const queue = redis.queue<string>();
    const key = `{${queue.name}}:${suffix}`;
    await queue.connection.call('SADD', [key, 'value']);

    const error = await rejection(call(queue));

    expect(error).toMatchObject({
      code: 'WRONG_TYPE',
      outcome: 'not-executed',
      key,
      expected,
      found: 'set',
      message: expect.stringContaining(`The queue "${queue.name}" cannot be used: its key`),
    });
    const others = ['level:7', 'key:k', 'shape', 'once', 'ready', 'windows'].map(
      (name) => `{${queue.name}}:${name}`,
    );
    const left = await queue.connection.call('EXISTS', [queue.name, ...others]);
    expect(left).toBe(others.includes(key) ? 1 : 0);
  },
);

it('of a batch nothing is sent when the place of one message is of another type', async () => {
  const queue = redis.queue<string>();
  const key = `{${queue.name}}:level:7`;
  await queue.connection.call('SADD', [key, 'value']);

  const sent = await queue.sendBatch([
    { body: 'a' },
    { body: 'b', key: 'k' },
    { body: 'c', priority: 7 },
  ]);

  const error = { code: 'WRONG_TYPE', key, outcome: 'not-executed' };
  expect(sent).toMatchObject([{ error }, { error }, { error }]);
  expect(await queue.connection.call('EXISTS', [queue.name, `{${queue.name}}:key:k`])).toBe(0);
});

it('a level of another type is named, and no message of a higher one is taken with it', async () => {
  const queue = redis.queue<string>();
  const key = `{${queue.name}}:level:7`;
  await queue.send('a', { priority: 9 });
  await queue.connection.call('SADD', [key, 'value']);

  expect(await rejection(queue.receive({ timeoutMs: 0 }))).toMatchObject({
    code: 'WRONG_TYPE',
    key,
    outcome: 'not-executed',
  });

  expect(await queue.connection.call('LLEN', [`{${queue.name}}:level:9`])).toBe(1);
  await queue.connection.call('DEL', [key]);
  expect(await queue.receive()).toMatchObject({ body: 'a' });
});

it.each(['schedules', 'schedules:specs', 'schedules:states'])(
  'a schedule is not removed in part when the key %s is of another type',
  async (suffix) => {
    const queue = redis.queue<string>();
    const { connection } = queue;
    const all = ['schedules', 'schedules:specs', 'schedules:states'].map(
      (name) => `{${queue.name}}:${name}`,
    );
    await queue.schedules.set('s', { everyMs: 60_000, body: 'a' });
    const key = `{${queue.name}}:${suffix}`;
    await connection.call('SET', [key, 'value']);
    const before = await Promise.all(all.map((name) => connection.call('DUMP', [name])));

    const error = await rejection(queue.schedules.remove('s'));

    expect(error).toMatchObject({ code: 'WRONG_TYPE', key, outcome: 'not-executed' });
    expect(await Promise.all(all.map((name) => connection.call('DUMP', [name])))).toEqual(before);
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

it('with a codec that only decodes, such a queue shows what is there, is listed, and sends nothing', async () => {
  const connection = redis.connection();
  const name = `rq:queue:${uniqueName()}`;
  const list = new List(name, { connection, codec: text() });
  await list.rpush('a', 'b');
  const queue = new Queue<string>(name, { connection, codec: decodeOnly(text()) });

  expect((await queue.peek()).map(({ body }) => body)).toEqual(['b', 'a']);
  const sends = [
    queue.send('c'),
    queue.send('c', { delayMs: 1 }),
    queue.schedules.set('daily', { everyMs: 1000, body: 'c' }),
    queue.update('any', { body: 'c' }),
  ];
  for (const send of sends) expect(await rejection(send)).toMatchObject({ code: 'ENCODE' });
  const delivery = await queue.receive({ timeoutMs: 0 });
  await delivery?.deadLetter();
  expect((await queue.deadLetters.list()).map(({ body }) => body)).toEqual(['b']);
  expect((await listQueues(connection)).map((each) => each.name)).toContain(name);
  expect(await list.lrange()).toEqual(['a']);
  await queue.close();
});

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

/** Puts a key of another type in the place of one that the queue derives. */
async function spoil({ name, connection }: TestQueue<string>, suffix: string): Promise<string> {
  const key = `{${name}}:${suffix}`;
  await connection.call('DEL', [key]);
  await connection.call('ZADD', [key, 1, 'value']);
  return key;
}

const wrongType = (key: string, outcome: string) => ({
  code: 'WRONG_TYPE',
  key,
  found: 'zset',
  outcome,
});

it('the list of a key that is of another type is named by a lease, and nothing is lost', async () => {
  const queue = redis.queue<string>();
  for (const key of ['a', 'b', 'c', 'd']) await queue.send(key, { key });
  await queue.send('none');
  const spoilt = await spoil(queue, 'key:b');
  const taken: string[] = [];
  const failures: unknown[] = [];
  for (let calls = 0; calls < 8; calls += 1) {
    const found = await queue.receive({ timeoutMs: 0 }).catch((error) => void failures.push(error));
    if (found) taken.push(found.body);
  }
  expect(failures[0]).toMatchObject(wrongType(spoilt, 'not-executed'));
  await queue.connection.call('DEL', [spoilt]);
  for (;;) {
    const found = await queue.receive({ timeoutMs: 0 });
    if (!found) break;
    taken.push(found.body);
  }
  expect(taken.sort()).toEqual(['a', 'c', 'd', 'none']);
});

it('the rate of a key that is of another type is named by a lease, and nothing is lost', async () => {
  const queue = redis.queue<string>();
  await queue.limits.set({ keyRate: { max: 100, perMs: 1000 } });
  for (const key of ['a', 'b']) await queue.send(key, { key });
  const spoilt = await spoil(queue, 'rate:a');
  expect(await rejection(queue.receive({ timeoutMs: 0 }))).toMatchObject(
    wrongType(spoilt, 'not-executed'),
  );
  await queue.connection.call('DEL', [spoilt]);
  const bodies: unknown[] = [];
  queue.consume(({ body }) => void bodies.push(body));
  await eventually(() => bodies.length === 2);
});

it.each(['result:i', 'waiting:i'])(
  'a message whose %s is of another type stays with its consumer, and others are acknowledged',
  async (suffix) => {
    const queue = redis.queue<string>();
    await queue.send('a', { id: 'i', keepResultMs: 60_000 });
    await queue.send('b', { id: 'other', keepResultMs: 60_000 });
    const [first, second] = [await queue.receive(), await queue.receive()];
    const spoilt = await spoil(queue, suffix);

    const settled = await Promise.allSettled([first?.ack(), second?.ack()]);

    expect(settled[0]).toMatchObject({ reason: wrongType(spoilt, 'unknown') });
    expect(await queue.stats()).toMatchObject({ active: 1, total: { acked: 1 } });
    expect(String(await queue.connection.call('TYPE', [spoilt]))).toBe('zset');
    const other = redis.queue<string>();
    await other.send('c', { id: 'i', keepResultMs: 60_000 });
    const third = await other.receive();
    const otherSpoilt = await spoil(other, suffix);
    expect(await rejection(third?.deadLetter('no') as Promise<unknown>)).toMatchObject(
      wrongType(otherSpoilt, 'unknown'),
    );
    expect(await other.stats()).toMatchObject({ active: 1, dead: 0 });
    expect(await rejection(other.cancel('i'))).toMatchObject({
      code: 'WRONG_TYPE',
      key: otherSpoilt,
    });
    expect(await other.stats()).toMatchObject({ active: 1, total: { cancelled: 0 } });
  },
);

it('what is due is moved to where it waits once, however often another one cannot be', async () => {
  const queue = redis.queue<string>();
  const { keys, connection } = ownersOf(queue);
  const at = new Date(Date.now() + 1000);
  for (const key of ['a', 'a', 'a', 'b']) await queue.send(key, { key, at });
  const spoilt = await spoil(queue, 'key:b');
  const refused = async () => {
    const error = await rejection(connection.run(promote, { keys }));
    expect(error).toMatchObject(wrongType(spoilt, 'unknown'));
    return true;
  };
  await eventually(refused);
  for (let times = 0; times < 2; times += 1) await refused();
  const counts = [['LLEN', `${keys.lists}a`] as const, ['ZCARD', keys.delayed] as const];
  const [moved, left] = await Promise.all(
    counts.map(([verb, key]) => connection.call(verb, [key])),
  );
  expect(Number(moved) + Number(left)).toBe(4);
  await connection.call('DEL', [spoilt]);
  await connection.run(promote, { keys });
  expect(await queue.stats()).toMatchObject({ pending: 4, delayed: 0 });
});

it.each(['recover', 'leave'] as const)(
  'a consumer is ended by %s only when all that it holds can be put back',
  async (verb) => {
    const queue = redis.queue<string>();
    const { keys, connection } = ownersOf(queue);
    for (const priority of [3, 7]) await queue.send('a', { priority });
    const held = [await queue.receive(), await queue.receive()];
    expect(held.every(Boolean)).toBe(true);
    const [consumer = ''] = await consumersOf(queue as never);
    const spoilt = await spoil(queue, verb === 'recover' ? 'suspects:7' : 'level:7');
    await connection.call('ZADD', [keys.consumers, 1, consumer]);
    const run = () =>
      verb === 'recover'
        ? connection.run(recover, { keys, overdue: consumer, maxAttempts: 5 })
        : connection.run(leave, { keys, consumer, mayBeBlocked: false });

    for (let times = 0; times < 2; times += 1) {
      expect(await rejection(run() as Promise<unknown>)).toMatchObject(
        wrongType(spoilt, 'unknown'),
      );
    }

    expect(await connection.call('HLEN', [keys.active(consumer)])).toBe(2);
    const others = ['suspects:3', 'level:3'].map((name) => `{${queue.name}}:${name}`);
    expect(await connection.call('EXISTS', others)).toBe(0);
    await connection.call('DEL', [spoilt]);
    await run();
    expect(await queue.stats()).toMatchObject({ active: 0, pending: 2 });
  },
);

it('a consumer is not recovered before the result of a message that dies can be kept', async () => {
  const queue = redis.queue<string>();
  const { keys, connection } = ownersOf(queue);
  await queue.send('a', { id: 'i', keepResultMs: 60_000, attempt: 4 });
  const die = async () => {
    expect(await queue.receive()).toBeDefined();
    const [consumer = ''] = await consumersOf(queue as never);
    await connection.call('ZADD', [keys.consumers, 1, consumer]);
    return () => connection.run(recover, { keys, overdue: consumer, maxAttempts: 5 });
  };
  await (await die())();
  const run = await die();
  const spoilt = await spoil(queue, 'result:i');

  for (let times = 0; times < 2; times += 1) {
    expect(await rejection(run() as Promise<unknown>)).toMatchObject(wrongType(spoilt, 'unknown'));
  }

  expect(await queue.stats()).toMatchObject({ active: 1, dead: 0 });
  await connection.call('DEL', [spoilt]);
  expect(await run()).toMatchObject({ deadLettered: 1 });
});

it('a message that cannot wait for its next attempt stays with its consumer', async () => {
  const queue = redis.queue<string>();
  for (const key of ['a', 'b']) await queue.send(key, { key });
  const [first, second] = [await queue.receive(), await queue.receive()];
  const spoilt = await spoil(queue, 'key:a');

  const settled = await Promise.allSettled([first?.retry(), second?.retry()]);

  const [mine, other] = first?.body === 'a' ? settled : settled.reverse();
  expect(mine).toMatchObject({ reason: wrongType(spoilt, 'unknown') });
  expect(other?.status).toBe('rejected');
  expect(await queue.stats()).toMatchObject({ active: 1, total: { retried: 1 } });
  expect(await queue.connection.call('LLEN', [`{${queue.name}}:key:b`])).toBe(1);
});

it('what comes from an outbox or another system comes as a whole, or not at all', async () => {
  const queue = redis.queue<string>();
  const { keys, connection } = ownersOf(queue);
  const elements = ['a', 'b'].map((key, n) => ({
    id: `1-${n}`,
    entry: `1-${n}`,
    element: Buffer.from(`\u00011{"key":"${key}","id":"${n}","ts":1}\n""`),
  }));
  const spoilt = await spoil(queue, 'key:b');
  const calls = [
    () =>
      connection.run(receive, {
        keys,
        source: '1:a',
        entries: elements.map(({ id, element }) => ({ id, delay: '0', ttl: '0', element })),
      }),
    () =>
      connection.run(importMessages, {
        keys,
        source: '1:b',
        messages: elements.map((each) => ({ ...each, dueAt: 0, death: undefined })),
      }),
  ];
  for (const call of [...calls, ...calls]) {
    expect(await rejection(call())).toMatchObject({ code: 'WRONG_TYPE', key: spoilt });
  }
  expect(await connection.call('EXISTS', [`${keys.lists}a`])).toBe(0);
  await connection.call('DEL', [spoilt]);
  for (const call of calls) expect(await call()).toBe(2);
  expect((await queue.stats()).pending).toBe(4);
});

it.each([
  ['level:7', { priority: 7 }, {}],
  ['level:3', { delayMs: 0 }, { priority: 3, delayMs: 60_000 }],
] as const)(
  'an update that would put a message into %s of another type changes nothing',
  async (suffix, changes, options) => {
    const queue = redis.queue<string>();
    await queue.send('a', { id: 'i', ...options });
    const spoilt = await spoil(queue, suffix);
    expect(await rejection(queue.update('i', changes))).toMatchObject({
      code: 'WRONG_TYPE',
      key: spoilt,
    });
    await queue.connection.call('DEL', [spoilt]);
    expect(await queue.find('i')).toMatchObject({ body: 'a' });
  },
);
