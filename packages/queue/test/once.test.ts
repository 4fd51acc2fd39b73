import { connect } from '@redpost/core';
import { startRedis } from '@redpost/core/embedded';
import { expect, it, onTestFinished } from 'vitest';
import { eventually } from '../../../tooling/eventually.js';
import { rejection } from '../../../tooling/rejection.js';
import { startTestCluster } from '../../../tooling/test-cluster.js';
import { type Once, Queue, type SendOptions } from '../src/index.js';
import { queueKeys } from '../src/keys.js';
import { consumersOf, deferred, expireLeases, isBlocked, leftKeys } from './support/in-redis.js';
import { scriptedConsumer } from './support/scripted-consumer.js';
import { openConnection, startOwnRedis, type TestQueue, useRedis } from './support/use-redis.js';

const redis = useRedis();
type Until = Once['until'];

function other<Body>(queue: TestQueue<Body>, more = {}): TestQueue<Body> {
  const connection = openConnection(redis.url);
  const another = redis.queue<Body>({ name: queue.name, connection, ...more });
  // Some tests close the connection of a consumer, as if its process had died.
  another.on('error', () => {});
  return another;
}

/** Whether a send with the key `k` is a duplicate. What it sends if it is none counts until it is done. */
async function isFree(queue: TestQueue<string>, until: Until = 'done'): Promise<boolean> {
  const [result] = await queue.sendBatch([{ body: 'next', once: { key: 'k', until } }]);
  return result?.status === 'sent';
}

/** What may become of a message, and whether its key is free then: until it is taken, and until it is done. */
interface Path {
  name: string;
  taken: boolean;
  done: boolean;
  options?: SendOptions;
  run(queue: TestQueue<string>, helper: TestQueue<string>): Promise<unknown>;
}

const taken = async (queue: TestQueue<string>) => {
  const delivery = await queue.receive({ timeoutMs: 10_000 });
  if (!delivery) throw new Error('nothing came');
  return delivery;
};

const paths: Path[] = [
  { name: 'send', taken: false, done: false, run: async () => {} },
  { name: 'delay', taken: false, done: false, options: { delayMs: 60_000 }, run: async () => {} },
  { name: 'lease', taken: true, done: false, run: (queue) => taken(queue) },
  {
    name: 'a blocking move',
    taken: true,
    done: false,
    // The message is sent while the move waits: see below.
    run: async () => {},
  },
  { name: 'ack', taken: true, done: true, run: async (queue) => (await taken(queue)).ack() },
  {
    name: 'retry at once',
    taken: true,
    done: false,
    run: async (queue) => (await taken(queue)).retry(),
  },
  {
    name: 'retry later',
    taken: true,
    done: false,
    run: async (queue) => (await taken(queue)).retry({ delayMs: 60_000 }),
  },
  {
    name: 'an ack after a retry',
    taken: true,
    done: true,
    async run(queue) {
      await (await taken(queue)).retry();
      await (await taken(queue)).ack();
    },
  },
  {
    name: 'dead letter',
    taken: true,
    done: true,
    run: async (queue) => (await taken(queue)).deadLetter(),
  },
  {
    name: 'redrive',
    taken: false,
    done: false,
    async run(queue) {
      await (await taken(queue)).deadLetter();
      expect(await queue.deadLetters.redrive()).toMatchObject({ redriven: 1 });
    },
  },
  {
    name: 'expiry',
    taken: true,
    done: true,
    options: { ttlMs: 1 },
    async run(queue) {
      await eventually(async () => {
        expect(await queue.receive({ timeoutMs: 0 })).toBeUndefined();
        return (await queue.stats()).total.expired === 1;
      });
    },
  },
  { name: 'purge', taken: true, done: true, run: (queue) => queue.purge() },
  { name: 'purge of a key', taken: true, done: true, options: { key: 'a' }, run: (q) => q.purge() },
  {
    name: 'purge while it is active',
    taken: true,
    done: false,
    async run(queue) {
      await taken(queue);
      await queue.purge();
    },
  },
  { name: 'destroy', taken: true, done: true, run: (queue) => queue.destroy() },
  {
    name: 'stop',
    taken: true,
    done: false,
    async run(queue, helper) {
      await taken(helper);
      await helper.close();
      expect((await queue.stats()).pending).toBe(1);
    },
  },
  {
    name: 'crash and recovery',
    taken: true,
    done: false,
    async run(queue, helper) {
      await taken(helper);
      await helper.connection.close();
      await expireLeases(queue as never, await consumersOf(queue as never));
      // Another consumer recovers it, takes it as a suspect, and gives it back.
      const rescuer = other(queue);
      expect((await taken(rescuer)).attempt).toBe(2);
      await rescuer.close();
    },
  },
  {
    name: 'an ack after a crash',
    taken: true,
    done: true,
    async run(queue, helper) {
      await taken(helper);
      await helper.connection.close();
      await expireLeases(queue as never, await consumersOf(queue as never));
      await (await taken(queue)).ack();
    },
  },
  {
    name: 'too many crashes',
    taken: true,
    done: true,
    async run(queue, helper) {
      await taken(helper);
      await helper.connection.close();
      await expireLeases(queue as never, await consumersOf(queue as never));
      const second = other(queue);
      expect((await taken(second)).attempt).toBe(2);
      await second.connection.close();
      await expireLeases(queue as never, await consumersOf(queue as never));
      const third = other(queue, { consume: { maxAttempts: 2 } });
      await eventually(async () => {
        expect(await third.receive({ timeoutMs: 0 })).toBeUndefined();
        return (await queue.stats()).dead === 1;
      });
    },
  },
  {
    name: 'a message that cannot be read',
    taken: true,
    done: true,
    async run(queue) {
      // Its body is no JSON any more.
      await queue.connection.call('EVAL', [
        `local e = redis.call('RPOP', KEYS[1]) redis.call('RPUSH', KEYS[1], e .. '}')`,
        1,
        queue.name,
      ]);
      await eventually(async () => {
        expect(await queue.receive({ timeoutMs: 0 })).toBeUndefined();
        return (await queue.stats()).dead === 1;
      });
    },
  },
];

const table = paths.flatMap((path) =>
  (['taken', 'done'] as const).map((until) => ({ ...path, until, isFreed: path[until] })),
);

it.each(table)('after $name, a key until $until is free: $isFreed', async (path) => {
  const { until, isFreed, options, name } = path;
  const queue = redis.queue<string>();
  const helper = other(queue);
  if (name === 'a blocking move') {
    const blocker = deferred();
    const started = deferred();
    queue.consume(
      async () => {
        started.resolve();
        await blocker.promise;
      },
      { concurrency: 1 },
    );
    await eventually(() => isBlocked(queue.connection));
    await queue.send('first', { once: { key: 'k', until } });
    await started.promise;
    if (isFreed) await eventually(() => isFree(queue));
    else expect(await isFree(queue)).toBe(false);
    blocker.resolve();
    return;
  }
  const id = await queue.send('first', { once: { key: 'k', until }, ...options });
  if (name !== 'destroy') {
    expect(await queue.send('second', { once: { key: 'k', until } })).toBe(id);
  }
  await path.run(queue, helper);
  expect(await isFree(queue)).toBe(isFreed);
});

it('a message that does not count any more ends nothing: neither when it is done nor when it is taken', async () => {
  const queue = redis.queue<string>();
  const once = { key: 'k', until: 'done' } as const;
  await queue.send('older', { once });
  const older = await taken(queue);
  await older.deadLetter();
  const newer = await queue.send('newer', { once });
  // It does not count again, because the newer one does.
  await queue.deadLetters.redrive();
  for (const expected of ['older', 'newer']) {
    const delivery = await taken(queue);
    expect(delivery.body).toBe(expected);
    if (expected === 'newer') break;
    await delivery.retry();
    await (await taken(queue)).ack();
    expect(await queue.send('next', { once })).toBe(newer);
  }

  const waits = { key: 'w', until: 'taken' } as const;
  await queue.send('first', { once: waits });
  const first = await taken(queue);
  const second = await queue.send('second', { once: waits, delayMs: 60_000 });
  await first.retry();
  await (await taken(queue)).ack();
  expect(await queue.send('third', { once: waits })).toBe(second);
});

it('50 sends at the same time from three connections give one message', async () => {
  const queue = redis.queue<string>();
  const senders = [queue, other(queue), other(queue)];
  const ids = await Promise.all(
    Array.from({ length: 50 }, async (_, n) => {
      const sender = senders[n % 3] as TestQueue<string>;
      if (n % 4 === 0) await sender.connection.call('PING', []);
      return sender.send(`${n}`, { once: { key: 'k', until: 'done' } });
    }),
  );
  expect(new Set(ids).size).toBe(1);
  expect((await queue.stats()).pending).toBe(1);
  expect((await taken(queue)).id).toBe(ids[0]);
});

it('a batch tells for each message what became of it, and keeps the order of all', async () => {
  const queue = redis.queue<string>();
  const once = { key: 'k', until: 'done' } as const;
  const results = await queue.sendBatch([
    { body: 'a' },
    { body: 'b', once },
    { body: 'c', id: 'C' },
    { body: 'd', once },
    { body: 'e', delayMs: 60_000 },
    { body: 'f', throttle: { key: 'k', ms: 60_000 } },
    { body: 'g', throttle: { key: 'k', ms: 60_000 } },
    { body: 'h', debounce: { key: 'k', ms: 60_000 } },
    { body: 'i', debounce: { key: 'k', ms: 60_000 } },
  ]);
  expect(results.map(({ status }) => status)).toEqual([
    ...['sent', 'sent', 'sent', 'duplicate', 'sent', 'sent', 'duplicate', 'sent', 'replaced'],
  ]);
  expect(results[3]?.id).toBe(results[1]?.id);
  expect(results[6]?.id).toBe(results[5]?.id);
  expect(results[8]?.id).toBe(results[7]?.id);
  expect((await queue.peek(10)).map(({ body }) => body)).toEqual(['a', 'b', 'c', 'f']);
  expect(await queue.stats()).toMatchObject({ pending: 4, delayed: 2 });
});

it.each<Until>(['taken', 'done', 60_000])(
  'a key until %s may be any text, also together with a key, a priority, a time to live and an id',
  async (until) => {
    const queue = redis.queue<string>();
    const texts = ['a"b\\c', 'ä\u0000\n', 'done:x', ':', 'x'.repeat(256), '"once":"done:k",', '}'];
    for (const text of texts) {
      for (const options of [{}, { key: text }, { priority: 9 }, { ttlMs: 60_000, key: 'a' }]) {
        const id = `${text}"\\ ${JSON.stringify(options)}`.slice(0, 500);
        const once = { key: text + Object.keys(options).length, until };
        if (Buffer.byteLength(once.key) > 256) once.key = text;
        expect(await queue.send('x', { ...options, once, id })).toBe(id);
        expect(await queue.send('y', { once })).toBe(id);
        const delivery = await taken(queue);
        expect(delivery).toMatchObject({ id, body: 'x', key: (options as SendOptions).key });
        if (until === 'done') expect(await queue.send('y', { once })).toBe(id);
        await delivery.ack();
        if (until === 60_000) {
          expect(await queue.send('z', { once })).toBe(id);
          await queue.connection.call('DEL', [queueKeys(queue.name).onceWindows + once.key]);
        }
      }
    }
    await queue.close();
    await eventually(
      async () => (await leftKeys(redis.queue({ name: queue.name }), 'dead')).length === 0,
    );
  },
);

it('consumers free keys in batches, and nothing is left in Redis', async () => {
  const queue = redis.queue<number>();
  const count = 1000;
  const items = Array.from({ length: count }, (_, n) => ({
    body: n,
    once: { key: `k${n}`, until: n % 2 === 0 ? ('done' as const) : ('taken' as const) },
  }));
  await queue.sendBatch(items);
  await queue.sendBatch(items);
  const handled: number[] = [];
  for (const end of [queue, other(queue)]) {
    end.consume(
      async ({ body, attempt }) => {
        if (body % 50 === 0 && attempt === 1) throw new Error('not yet');
        handled.push(body);
      },
      { concurrency: 20, backoff: () => 1 },
    );
  }
  await eventually(() => handled.length === count);
  await eventually(async () => (await leftKeys(queue, 'dead')).length === 0);
  expect(handled.sort((a, b) => a - b)).toEqual(items.map(({ body }) => body));
});

it('a window of once lasts as long as it says by the time of the server, whatever becomes of the message', async () => {
  const queue = redis.queue<string>();
  const ms = 400;
  const serverMs = async () => {
    const [seconds, micros] = (await queue.connection.call('TIME', [])) as Buffer[];
    return Number(seconds) * 1000 + Number(micros) / 1000;
  };
  const send = async () => {
    const from = await serverMs();
    const [result] = await queue.sendBatch([{ body: 'x', once: { key: 'k', until: ms } }]);
    return { from, to: await serverMs(), status: result?.status };
  };
  const first = await send();
  await (await taken(queue)).ack();
  let last = await send();
  await eventually(async () => {
    last = await send();
    // As certain as the times are at which the server may have executed each of them.
    if (last.to < first.from + ms) expect(last.status).toBe('duplicate');
    if (last.from > first.to + ms + 1) expect(last.status).toBe('sent');
    return last.status === 'sent';
  });
  expect(last.to - first.from).toBeGreaterThanOrEqual(ms);
});

it('a window and a key that counts until something are one and the same key', async () => {
  const queue = redis.queue<string>();
  const id = await queue.send('a', { once: { key: 'k', until: 60_000 } });
  expect(await queue.send('b', { once: { key: 'k', until: 'done' } })).toBe(id);
  const done = await queue.send('a', { once: { key: 'm', until: 'done' } });
  expect(await queue.send('b', { once: { key: 'm', until: 60_000 } })).toBe(done);
});

it('a window keeps others out as long as it is open, also when a shorter one ends before it or is opened after it', async () => {
  const queue = redis.queue<string>();
  const { connection } = queue;
  const { onceWindows, openWindows } = queueKeys(queue.name);
  const long = await queue.send('a', { once: { key: 'long', until: 60_000 } });
  const lasts = Number(await connection.call('PTTL', [openWindows]));
  await queue.send('b', { once: { key: 'short', until: 1 } });
  await eventually(async () => (await connection.call('EXISTS', [`${onceWindows}short`])) === 0);
  expect(await queue.send('c', { once: { key: 'long', until: 'done' } })).toBe(long);
  // It is there as long as the longest window.
  const left = Number(await connection.call('PTTL', [openWindows]));
  const windowLasts = Number(await connection.call('PTTL', [`${onceWindows}long`]));
  expect(left).toBeGreaterThanOrEqual(windowLasts);
  expect(left).toBeLessThanOrEqual(lasts);

  const longer = await queue.send('d', { once: { key: 'longer', until: 120_000 } });
  expect(Number(await connection.call('PTTL', [openWindows]))).toBeGreaterThan(110_000);
  expect(await queue.purge()).toBeDefined();
  expect(await queue.send('e', { once: { key: 'longer', until: 'taken' } })).toBe(longer);
  await queue.send('f', { throttle: { key: 'longer', ms: 180_000 } });
  expect(Number(await connection.call('PTTL', [openWindows]))).toBeLessThanOrEqual(120_000);
});

it('a window keeps others out also after the scripts of the server were flushed', async () => {
  const own = await startOwnRedis();
  const queue = redis.queue<string>({ connection: openConnection(own.url) });
  const id = await queue.send('a', { once: { key: 'k', until: 60_000 } });
  await queue.connection.call('SCRIPT', ['FLUSH']);
  expect(await queue.send('b', { once: { key: 'k', until: 'done' } })).toBe(id);
  expect(await queue.send('c', { once: { key: 'k', until: 60_000 } })).toBe(id);
});

/** The keys that count. */
async function counting({ name, connection }: TestQueue<never>): Promise<string[]> {
  const found = (await connection.call('HKEYS', [queueKeys(name).once])) as Buffer[];
  return found.map(String).sort();
}

it('of a batch, each key is free when its message is done, alone or with the others', async () => {
  const queue = redis.queue<string>();
  const { connection } = queue;
  const done = (key: string) => ({ body: key, once: { key, until: 'done' as const } });
  await queue.sendBatch([done('a'), { body: 'plain' }, ...['b', 'c', 'd', 'e', 'f'].map(done)]);
  const { keys, consumer, lease } = await scriptedConsumer(queue);
  await lease(3, 1);
  await lease(2, 10);
  await lease(2, 20);
  const onces = keys.onces(consumer);
  const fields = async () => ((await connection.call('HKEYS', [onces])) as Buffer[]).map(String);
  expect((await fields()).sort()).toEqual(['10:2', '1:3', '20:2']);

  await lease(0, 30, { acked: { batches: [{ first: 10, count: 2 }], receipts: [], expired: 0 } });
  expect(await counting(queue as never)).toEqual(['a', 'b', 'e', 'f']);
  // The batches are opened for one of them.
  await lease(0, 30, { acked: { batches: [], receipts: [3], expired: 0 } });
  expect(await counting(queue as never)).toEqual(['a', 'e', 'f']);
  expect((await fields()).sort()).toEqual(['1', '20', '21']);
  await lease(0, 30, {
    acked: { batches: [{ first: 20, count: 2 }], receipts: [1, 2], expired: 0 },
  });
  expect(await counting(queue as never)).toEqual([]);
  expect(await fields()).toEqual([]);
});

it('a purge leaves the keys of a batch that is held', async () => {
  const queue = redis.queue<string>();
  const done = (key: string) => ({ body: key, once: { key, until: 'done' as const } });
  await queue.sendBatch(['a', 'b', 'c'].map(done));
  const { lease } = await scriptedConsumer(queue);
  await lease(2, 1);
  await queue.purge();
  expect(await counting(queue as never)).toEqual(['a', 'b']);
});

it('a send that is repeated after a lost answer does not double the message', async () => {
  const queue = redis.queue<string>({ sendTimeoutMs: 300 });
  const once = { key: 'k', until: 'done' } as const;
  const slow = other(queue);
  await slow.connection.call('CLIENT', ['PAUSE', 600, 'WRITE']);
  const error = await rejection(queue.send('x', { once }));
  expect(error).toMatchObject({ code: 'TIMEOUT', outcome: 'unknown' });
  await eventually(async () => (await slow.stats()).pending === 1);
  const [again] = await queue.sendBatch([{ body: 'x', once }]);
  expect(again?.status).toBe('duplicate');
  expect((await queue.stats()).pending).toBe(1);
});

it('a duplicate and a replacement need no room in a full queue, and what does not fit claims no key', async () => {
  const queue = redis.queue<string>({ maxLength: { count: 2 } });
  const once = { key: 'k', until: 'done' } as const;
  const debounce = { key: 'k', ms: 60_000 };
  const results = await queue.sendBatch([
    { body: 'a', once },
    { body: 'b', debounce },
    { body: 'c' },
    { body: 'd', once },
    { body: 'e', debounce },
    { body: 'f', once: { key: 'other', until: 'done' } },
  ]);
  const statuses = results.map(({ status }) => status);
  expect(statuses).toEqual(['sent', 'sent', 'failed', 'duplicate', 'replaced', 'failed']);
  expect(results[2]).toMatchObject({ error: { code: 'QUEUE_FULL', count: 2 } });
  await queue.purge();
  expect(await queue.send('f', { once: { key: 'other', until: 'done' } })).not.toBe(undefined);
  expect((await queue.stats()).pending).toBe(1);
});

it('whoever waits for room is no duplicate of itself, and a duplicate does not wait', async () => {
  const queue = redis.queue<string>({ maxLength: { count: 1, whenFull: 'wait' } });
  const once = { key: 'k', until: 'done' } as const;
  const id = await queue.send('a', { once });
  expect(await queue.send('b', { once })).toBe(id);
  const waits = queue.sendBatch([{ body: 'c', once: { key: 'c', until: 'done' } }]);
  await (await taken(other(queue))).ack();
  expect(await waits).toMatchObject([{ status: 'sent' }]);
});

it('a message whose key is full claims nothing, and a duplicate of one that waits needs no room there', async () => {
  const queue = redis.queue<string>();
  await queue.limits.set({ keyMaxLength: 1 });
  const once = (key: string) => ({ once: { key, until: 'done' as const }, key: 'full' });
  const results = await queue.sendBatch([
    { body: 'a', ...once('a') },
    { body: 'b', ...once('b') },
    { body: 'c', key: 'full' },
    { body: 'd', ...once('a') },
  ]);
  expect(results.map(({ status }) => status)).toEqual(['sent', 'failed', 'failed', 'duplicate']);
  expect(results.slice(1, 3)).toMatchObject([
    { error: { code: 'KEY_FULL' } },
    { error: { code: 'KEY_FULL' } },
  ]);
  const delivery = await taken(queue);
  await queue.sendBatch([{ body: 'b', ...once('b') }]);
  expect((await queue.stats()).pending).toBe(1);
  await delivery.ack();
});

it('an oldest message that is dropped frees its key', async () => {
  const queue = redis.queue<string>({ maxLength: { count: 2, whenFull: 'drop-oldest' } });
  const once = (key: string) => ({ once: { key, until: 'done' as const } });
  const dropped: number[] = [];
  queue.on('dropped', ({ count }) => dropped.push(count));
  await queue.send('a', once('a'));
  await queue.send('b', once('b'));
  await queue.sendBatch([{ body: 'c', ...once('c') }]);
  await queue.send('d');
  expect((await queue.peek(10)).map(({ body }) => body)).toEqual(['c', 'd']);
  const [a, b, c] = await queue.sendBatch(
    ['a', 'b', 'c'].map((key) => ({ body: key, ...once(key) })),
  );
  // The third one was dropped for the first one of these.
  expect([a, b, c].map((result) => result?.status)).toEqual(['sent', 'sent', 'sent']);
  expect(dropped.reduce((sum, count) => sum + count, 0)).toBe(5);
});

it('a message that was sent in the same batch as the one it is dropped for frees its key, too', async () => {
  const queue = redis.queue<string>({ maxLength: { count: 1, whenFull: 'drop-oldest' } });
  const once = (key: string) => ({ once: { key, until: 'done' as const } });
  const keys = ['a', 'b', 'a'];
  const results = await queue.sendBatch(keys.map((key) => ({ body: key, ...once(key) })));
  expect(results.map(({ status }) => status)).toEqual(['sent', 'sent', 'sent']);
  expect((await queue.peek(10)).map(({ body }) => body)).toEqual(['a']);
});

it('a plain queue with none of them keeps the command of a plain send and has no shape', async () => {
  const queue = redis.queue<string>();
  await queue.send('a', { throttle: { key: 'k', ms: 60_000 } });
  await queue.send('b', { debounce: { key: 'k', ms: 1 } });
  expect(await queue.connection.call('EXISTS', [`{${queue.name}}:shape`])).toBe(0);
  await queue.send('c', { once: { key: 'k', until: 'done' } });
  expect(await queue.connection.call('HGET', [`{${queue.name}}:shape`, 'once'])).toEqual(
    Buffer.from('1'),
  );
});

it('without memory, consumers go on and keys become free', async () => {
  const own = await startOwnRedis({ args: ['--maxmemory-policy', 'noeviction'] });
  const connection = openConnection(own.url);
  const queue = redis.queue<string>({ connection });
  const send = (body: string, until: 'taken' | 'done') =>
    queue.send(body, { once: { key: body, until } });
  for (const body of ['acked', 'retried', 'dead']) await send(body, 'done');
  await send('taken', 'taken');
  await queue.send('debounced', { debounce: { key: 'd', ms: 300 } });
  await connection.call('CONFIG', ['SET', 'maxmemory', '1']);
  expect(await rejection(send('refused', 'done'))).toMatchObject({
    code: 'OUT_OF_MEMORY',
    outcome: 'not-executed',
  });
  const handled: string[] = [];
  const consumer = queue.consume(async (delivery) => {
    handled.push(delivery.body);
    if (delivery.body === 'retried' && delivery.attempt === 1) await delivery.retry();
    if (delivery.body === 'dead') await delivery.deadLetter();
  });
  consumer.on('error', () => {});
  const expected = ['acked', 'dead', 'debounced', 'retried', 'retried', 'taken'];
  await eventually(() => handled.length === expected.length);
  await consumer.stop();
  expect(handled.sort()).toEqual(expected);
  const keys = queueKeys(queue.name);
  await eventually(async () => {
    const left = (await connection.call('KEYS', [`${keys.once}*`])) as Buffer[];
    return left.length === 0;
  });
});

it('in a Cluster all keys of a queue lie in one slot, so each of the three works', {
  timeout: 60_000,
}, async () => {
  const cluster = await startTestCluster({ startRedis, connect });
  onTestFinished(() => cluster.stop());
  const connection = connect(cluster.addresses);
  onTestFinished(() => connection.close());
  const queue = new Queue<string>('once-in-a-cluster', { connection });
  onTestFinished(() => queue.close());
  const options: SendOptions[] = [
    { once: { key: 'k', until: 'done' } },
    { once: { key: 'k2', until: 60_000 } },
    { throttle: { key: 'k', ms: 60_000 } },
    { debounce: { key: 'k', ms: 50 } },
  ];
  for (const option of options) {
    expect(await queue.send('second', option)).toBe(await queue.send('first', option));
  }
  const handled: string[] = [];
  queue.consume(({ body }) => void handled.push(body));
  await eventually(() => handled.length === 4);
  // The acknowledgement follows the handler.
  await eventually(async () => {
    const [again] = await queue.sendBatch([{ body: 'third', ...options[0] }]);
    return again?.status === 'sent';
  });
  expect(await queue.purge()).toBeDefined();
  expect(await queue.destroy()).toBeDefined();
});

it.each<[string, unknown]>([
  ['once.key', { once: { key: '', until: 'done' } }],
  ['once.key', { once: { key: 'ä'.repeat(129), until: 'done' } }],
  ['once.until', { once: { key: 'k' } }],
  ['once.until', { once: { key: 'k', until: 'acked' } }],
  ['once.until', { once: { key: 'k', until: 0 } }],
  ['once.until', { once: { key: 'k', until: 1.5 } }],
  ['"ms"', { once: { key: 'k', until: 'done', ms: 1 } }],
  ['throttle.key', { throttle: { ms: 1 } }],
  ['throttle.ms', { throttle: { key: 'k' } }],
  ['throttle.ms', { throttle: { key: 'k', ms: 0 } }],
  ['debounce.ms', { debounce: { key: 'k', ms: -1 } }],
  ['debounce.maxMs', { debounce: { key: 'k', ms: 10, maxMs: 9 } }],
  ['debounce.keep', { debounce: { key: 'k', ms: 10, keep: 'all' } }],
  ['delayMs', { debounce: { key: 'k', ms: 10 }, delayMs: 1 }],
  ['once and throttle', { once: { key: 'k', until: 'done' }, throttle: { key: 'k', ms: 1 } }],
  ['once', { once: null }],
  ['once', { bare: true, once: { key: 'k', until: 'done' } }],
  ['throttle', { bare: true, throttle: { key: 'k', ms: 1 } }],
  ['debounce', { bare: true, debounce: { key: 'k', ms: 1 } }],
])('what cannot work is refused by name: %s in %j', async (name, options) => {
  const queue = redis.queue<string>();
  const error = await rejection(queue.send('x', options as SendOptions));
  expect(error).toMatchObject({ code: 'INVALID_ARGUMENT' });
  expect(error.message).toContain(name);
});
