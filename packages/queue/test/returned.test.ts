import { connect as connectTo } from 'node:net';
import { type Connection, fixed, text } from '@redpost/core';
import { describe, expect, it, onTestFinished } from 'vitest';
import { answerSizes } from '../../../tooling/answer-sizes.js';
import { eventually } from '../../../tooling/eventually.js';
import { queueKeys } from '../src/keys.js';
import { leaseOf } from '../src/scripts/lease.js';
import { promote } from '../src/scripts/promote.js';
import { plain } from '../src/shape/shape.js';
import {
  atRest,
  consumersOf,
  deferred,
  elements,
  expireLeases,
  isBlocked,
} from './support/in-redis.js';
import { openConnection, startOwnRedis, type TestQueue, useRedis } from './support/use-redis.js';

const redis = useRedis();

/** A queue with these messages, each of which was returned once, in this order. */
async function withReturned(...bodies: string[]): Promise<TestQueue<string>> {
  const queue = redis.queue<string>({ codec: text() });
  for (const body of bodies) {
    await queue.send(body);
    await (await queue.receive())?.deadLetter();
  }
  await queue.deadLetters.redrive();
  return queue;
}

const lengthOf = ({ connection }: TestQueue<never>, key: string) => connection.call('LLEN', [key]);

/** Collects the signals of a queue. */
async function signalsOf({ name }: { name: string }): Promise<string[]> {
  const heard: string[] = [];
  await redis
    .connection()
    .subscribe(
      { kind: 'channel', name: queueKeys(name).signal },
      { message: (_, signal) => heard.push(String(signal)), resumed: () => {} },
    );
  return heard;
}

describe('a message that is returned', () => {
  it.each(['fifo', 'lifo'] as const)(
    '%s: is taken before the list, the retried one first, then redriven ones in their order',
    async (order) => {
      const queue = redis.queue<string>({ consume: { order, backoff: fixed(0) } });
      for (const body of ['a', 'b']) {
        await queue.send(body);
        await (await queue.receive())?.deadLetter();
      }
      for (const body of ['1', '2']) await queue.send(body);
      await queue.deadLetters.redrive();
      await queue.send('c', { delayMs: 1 });
      await eventually(async () => (await queue.stats()).delayed === 0);
      await (await queue.receive())?.retry();

      const peeked = (await queue.peek()).map(({ body }) => body);
      const taken: unknown[] = [];
      for (let n = 0; n < 5; n += 1) taken.push((await queue.receive())?.body);

      expect(taken).toEqual(['a', 'b', 'c', ...(order === 'fifo' ? ['1', '2'] : ['2', '1'])]);
      expect(peeked).toEqual(taken);
    },
  );

  it('is counted, shown, purged and destroyed with the others', async () => {
    const queue = await withReturned('a', 'b');
    await queue.send('c');
    expect(await lengthOf(queue as never, queueKeys(queue.name).returned)).toBe(2);

    expect((await queue.stats()).pending).toBe(3);
    expect((await queue.peek(2)).map(({ body }) => body)).toEqual(['a', 'b']);
    expect((await queue.peek(3)).map(({ body }) => body)).toEqual(['a', 'b', 'c']);
    expect(await queue.purge()).toEqual({ pending: 3, delayed: 0 });
    expect((await queue.stats()).pending).toBe(0);

    await queue.send('d');
    await (await queue.receive())?.retry();
    expect(await queue.destroy()).toMatchObject({ pending: 1 });
    expect(await lengthOf(queue as never, queueKeys(queue.name).returned)).toBe(0);
  });

  it('is found by receive with a timeout of 0', async () => {
    const queue = await withReturned('a');

    expect((await queue.receive({ timeoutMs: 0 }))?.body).toBe('a');
    expect(await queue.receive({ timeoutMs: 0 })).toBeUndefined();
  });

  it('is not lost when the list is of another type', async () => {
    const queue = await withReturned('a', 'b');
    await queue.connection.call('HSET', [queue.name, 'field', 'value']);
    const errors: string[] = [];
    const handled: string[] = [];
    const consumer = queue.consume(({ body }) => void handled.push(body), { concurrency: 9 });
    consumer.on('error', (error) => errors.push((error as { code?: string }).code ?? ''));
    await eventually(() => errors.length > 0);

    expect(errors).toEqual(['WRONG_TYPE']);
    expect(await lengthOf(queue as never, queueKeys(queue.name).returned)).toBe(2);
    await queue.connection.call('DEL', [queue.name]);
    await eventually(() => handled.length === 2);
    expect(handled).toEqual(['a', 'b']);
  });

  it('causes the event drained once more when it was taken by an idle consumer', async () => {
    const queue = redis.queue<string>();
    const other = redis.queue<string>({ name: queue.name });
    const told: string[] = [];
    await queue.send('a');
    const delivery = await queue.receive();
    const consumer = other.consume(({ body }) => void told.push(body), { concurrency: 9 });
    consumer.on('drained', () => told.push('drained'));
    await eventually(() => isBlocked(other.connection));
    told.length = 0;
    await delivery?.retry();

    await eventually(() => told.includes('drained'), 3000);
    expect([...told].sort()).toEqual(['a', 'drained']);
  });

  it('is signalled once per call, however many there are', async () => {
    const queue = redis.queue<string>();
    const heard = await signalsOf(queue);
    for (const body of ['a', 'b', 'c']) await queue.send(body);
    const deliveries = [await queue.receive(), await queue.receive(), await queue.receive()];
    await Promise.all(deliveries.map((delivery) => delivery?.retry()));
    await queue.connection.call('PUBLISH', [queueKeys(queue.name).signal, 'nothing more']);
    await eventually(() => heard.includes('nothing more'));

    expect(heard).toEqual(['returned', 'nothing more']);
  });
});

describe('large messages', () => {
  const large = 'x'.repeat(700_000);

  it('that were returned come in several answers, in their order', async () => {
    const { connection, largest } = answerSizes(redis.connection());
    const sent = ['0', '1', ...['2', '3', '4', '5'].map((n) => `${n}${large}`), '6'];
    const { name } = await withReturned(...sent);
    const queue = redis.queue<string>({ name, connection, codec: text() });
    await queue.send(`7${large}`);
    const seen: string[] = [];
    queue.consume(({ body }) => void seen.push(body.slice(0, 1)), { concurrency: 100 });
    await eventually(() => seen.length === 8, 30_000);

    expect(seen.join('')).toBe('01234567');
    expect(largest.get('lease')).toBeLessThan(1024 * 1024 + 1000);
  });

  it.each(['RIGHT', 'LEFT'] as const)(
    'that did not fit into an answer are next among the returned ones, which is signalled (%s)',
    async (from) => {
      const queue = redis.queue<string>({ codec: text() });
      const heard = await signalsOf(queue);
      for (const n of [0, 1, 2, 3]) await queue.send(`${n}${large}`);
      const before = await elements(queue as never, from === 'RIGHT' ? 'fifo' : 'lifo');
      const keys = queueKeys(queue.name);
      await queue.connection.call('ZADD', [keys.consumers, 1e15, 'c']);
      const acked = { batches: [], receipts: [], expired: 0 };
      const asked = { count: 9, asBatch: true, withList: true, withSuspect: false };
      const receipts = { firstReceipt: 1, handedOff: undefined };
      const { version } = plain;
      const input = { version, keys, consumer: 'c', from, ...asked, ...receipts, acked };

      expect(await queue.connection.run(leaseOf(plain), input)).toMatchObject({ isCut: true });
      expect(await lengthOf(queue as never, keys.returned)).toBeGreaterThan(0);
      expect(await elements(queue as never, from === 'RIGHT' ? 'fifo' : 'lifo')).toEqual(
        before.slice(1),
      );
      await eventually(() => heard.length > 0);
      expect(heard).toEqual(['returned']);
    },
  );
});

/** Ways to return a message that this queue has received, or nobody has. */
const ways: Record<string, (queue: TestQueue<string>) => Promise<() => Promise<unknown>>> = {
  async 'is retried'(queue) {
    await queue.send('a');
    const delivery = await queue.receive();
    return async () => delivery?.retry();
  },
  async 'is returned by a consumer that stops'(queue) {
    const begun = deferred();
    const consumer = queue.consume(() => {
      begun.resolve();
      return new Promise(() => {});
    });
    await queue.send('a');
    await begun.promise;
    return () => consumer.stop({ timeoutMs: 0 });
  },
  async 'is returned by a queue that is closed'(queue) {
    await queue.send('a');
    await queue.receive();
    return () => queue.close();
  },
  async 'is due'(queue) {
    const { connection, name } = queue;
    return async () => {
      // Without a signal, so that only this call moves it.
      await connection.call('ZADD', [queueKeys(name).delayed, 1, '0000000001"a"']);
      await connection.run(promote, { keys: queueKeys(name) });
    };
  },
  async 'is redriven'(queue) {
    await queue.send('a');
    await (await queue.receive())?.deadLetter();
    return () => queue.deadLetters.redrive();
  },
};

describe.each(Object.entries(ways))('a message that %s', (_, prepare) => {
  // No heartbeat comes to the consumer's help.
  const consume = { leaseMs: 600_000 };

  it('is delivered to an idle consumer at once', async () => {
    const queue = redis.queue<string>();
    const idle = redis.queue<string>({ name: queue.name, consume });
    const handled: string[] = [];
    const returnIt = await prepare(queue);
    idle.consume(({ body }) => void handled.push(body));
    await eventually(() => isBlocked(idle.connection));
    await returnIt();

    // Its blocking move lasts for 10 s.
    await eventually(() => handled.length === 1, 3000);
    await eventually(async () => (await queue.stats()).active === 0);
  });

  it('is delivered to an idle consumer when nobody may use signals', {
    timeout: 60_000,
  }, async () => {
    const own = await startOwnRedis();
    const admin = openConnection(own.url);
    const rules = ['on', '>secret', '~*', '+@all', 'resetchannels'];
    await admin.call('ACL', ['SETUSER', 'limited', ...rules]);
    const limited = () => openConnection(`redis://limited:secret@127.0.0.1:${own.port}`);
    const queue = redis.queue<string>({ name: 'q', connection: limited() });
    const idle = redis.queue<string>({ name: 'q', connection: limited(), consume });
    const handled: string[] = [];
    const errors: unknown[] = [];
    const returnIt = await prepare(queue);
    const consumer = idle.consume(({ body }) => void handled.push(body));
    consumer.on('error', (error) => errors.push(error));
    await eventually(() => errors.length === 1);
    await eventually(() => isBlocked(admin));
    await returnIt();

    await eventually(() => handled.length === 1, 10_000);
    expect(errors).toMatchObject([{ code: 'SERVER', reply: 'NOPERM' }]);
  });
});

/** Collects all commands, those of scripts too, as lists of words. */
async function monitored(port: number, connection: Connection) {
  const socket = connectTo(port, '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  let log = '';
  socket.setEncoding('latin1').on('data', (chunk) => {
    log += chunk;
  });
  socket.write('MONITOR\r\n');
  await eventually(() => log.startsWith('+OK'));
  const wordsOf = (line: string) =>
    [...line.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map(([, word = '']) => word);
  return {
    async end(): Promise<string[][]> {
      await connection.call('ECHO', ['the end']);
      await eventually(() => log.includes('"the end"'));
      return log.split('\r\n').map((line) => {
        const [verb = '', ...words] = wordsOf(line);
        return [verb.toLowerCase(), ...words];
      });
    },
  };
}

/** As Celery and Sidekiq write their messages, and others theirs. */
const foreign = (n: number) => [
  `{"body":"W1tdLCB7Im4iOiAwfV0=","content-encoding":"utf-8","headers":{"id":"celery-${n}","task":"add"},"properties":{"delivery_tag":"${n}"}}`,
  `{"class":"HardJob","args":[${n}],"retry":true,"queue":"default","jid":"sidekiq-${n}","created_at":1700000000.5}`,
  `plain text ${n}`,
];

it('nothing but the pushes of producers writes to the list, whatever consumers do', async () => {
  const own = await startOwnRedis();
  const admin = openConnection(own.url);
  const monitor = await monitored(own.port, admin);
  const queue = () =>
    redis.queue<string>({ name: 'task', connection: openConnection(own.url), codec: text() });
  let pushes = 0;
  const push = async (...bodies: string[]) => {
    for (const body of bodies) {
      await admin.call('LPUSH', ['task', body]);
      pushes += 1;
    }
  };

  for (const memory of ['plenty', 'none'] as const) {
    await push(...foreign(1), 'dies', 'dead', 'at once', 'later', 'late', 'starts');
    // It dies with a message.
    const dying = queue();
    await dying.receive();
    await dying.connection.close();
    const first = queue();
    await expireLeases(first as never, await consumersOf(first as never));
    if (memory === 'none') await admin.call('CONFIG', ['SET', 'maxmemory', '1']);

    const attempts = new Map<string, number>();
    const consumer = first.consume(
      async (delivery) => {
        const { body } = delivery;
        attempts.set(body, (attempts.get(body) ?? 0) + 1);
        if (body === 'dead') await delivery.deadLetter();
        else if (attempts.get(body) === 1)
          await delivery.retry({ delayMs: Number(body !== 'at once') });
        else if (body === 'starts') await new Promise(() => {});
      },
      { concurrency: 3 },
    );
    consumer.on('error', () => {});
    await eventually(() => attempts.get('starts') === 2 && attempts.size === 9);
    await eventually(async () => (await first.stats()).delayed === 0);
    await consumer.stop({ timeoutMs: 0 });

    await admin.call('CONFIG', ['SET', 'maxmemory', '0']);
    const second = queue();
    await second.deadLetters.redrive();
    await push(...Array.from({ length: 100 }, (_, n) => `ahead ${n}`));
    const stuck = deferred();
    let begun = 0;
    const ahead = second.consume(async ({ body }) => {
      begun += 1;
      if (body === 'ahead 50') await stuck.promise;
    });
    await eventually(() => begun >= 50);
    const stopped = ahead.stop();
    stuck.resolve();
    await stopped;
    const last = queue();
    const drained = deferred();
    const draining = last.consume(() => {});
    draining.on('drained', drained.resolve);
    await drained.promise;
    await draining.stop();
    expect(await atRest(last as never)).toEqual({ pending: 0, delayed: 0, dead: 0 });
  }

  const lines = await monitor.end();
  // The index of all queues has the name as a member.
  const touching = lines.filter(
    ([, ...words]) => words[0] !== '{redpost}:queues' && words.includes('task'),
  );
  const verbs = new Map<string, number>();
  for (const [verb = ''] of touching) verbs.set(verb, (verbs.get(verb) ?? 0) + 1);
  expect(verbs.get('lpush')).toBe(pushes);
  const reading = ['llen', 'lrange', 'lpop', 'rpop', 'blmove', 'evalsha'];
  expect([...verbs.keys()].filter((verb) => !reading.includes(verb))).toEqual(['lpush']);
  // It does show what scripts do.
  const returns = lines.filter(([verb, key]) => verb === 'rpush' && key === '{task}:returned');
  expect(returns.length).toBeGreaterThan(0);
}, 60_000);

it('a client with plain RPOP gets only elements that were pushed, beside a consumer that returns others', async () => {
  const queue = redis.queue<string>({ codec: text() });
  const plain = redis.connection();
  const pushed = Array.from({ length: 300 }, (_, n) => foreign(n)).flat();
  const popped: string[] = [];
  const handled: string[] = [];
  const attempts = new Map<string, number>();
  const consume = () =>
    queue.consume(
      async ({ body }) => {
        const attempt = (attempts.get(body) ?? 0) + 1;
        attempts.set(body, attempt);
        if (attempt < 3) throw new Error('once more');
        handled.push(body);
      },
      { concurrency: 5, backoff: (attempt) => attempt - 1 },
    );

  const pop = async () => {
    const element = (await plain.call('RPOP', [queue.name])) as Buffer | null;
    if (element) popped.push(String(element));
  };

  let consumer = consume();
  for (const [n, element] of pushed.entries()) {
    const isLastOfItsPart = n % 300 === 299;
    // Then nobody else takes it.
    if (isLastOfItsPart) await consumer.stop({ timeoutMs: 0 });
    await plain.call('LPUSH', [queue.name, element]);
    if (n % 3 === 0 || isLastOfItsPart) await pop();
    if (isLastOfItsPart) consumer = consume();
  }
  await eventually(() => handled.length + popped.length >= pushed.length);
  await consumer.stop();

  expect(await atRest(queue as never)).toEqual({ pending: 0, delayed: 0, dead: 0 });
  expect(popped.length).toBeGreaterThan(0);
  expect(popped.filter((element) => handled.includes(element))).toEqual([]);
  expect([...new Set([...popped, ...handled])].sort()).toEqual([...pushed].sort());
});
