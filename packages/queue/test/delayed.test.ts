import { type Connection, defineScript } from '@redpost/core';
import { expect, it } from 'vitest';
import { eventually } from '../../../tooling/eventually.js';
import { slowness } from '../../../tooling/machine-pace.js';
import { delayPart } from '../src/scripts/parts/parts.js';
import { atRest, deferred } from './support/in-redis.js';
import { type TestQueue, useRedis } from './support/use-redis.js';

const redis = useRedis();

it('a delayed message is on time while every consumer is blocked', async () => {
  const queue = redis.queue<string>();
  const arrived = deferred<number>();
  const drained = deferred();
  const consumer = queue.consume(() => arrived.resolve(performance.now()));
  consumer.on('drained', drained.resolve);
  await drained.promise;

  const sentAt = performance.now();
  await queue.send('later', { delayMs: 300 });
  const tookMs = (await arrived.promise) - sentAt;

  expect(tookMs).toBeGreaterThanOrEqual(298);
  expect(tookMs / slowness()).toBeLessThan(500);
});

it('an earlier message wakes the consumers that sleep until a later one', async () => {
  const queue = redis.queue<string>();
  const bodies: string[] = [];
  queue.consume(({ body }) => bodies.push(body));
  await queue.send('much later', { delayMs: 60_000 });
  await queue.send('second', { delayMs: 200 });
  await queue.send('first', { delayMs: 50 });

  await eventually(() => bodies.length === 2, 2000);

  expect(bodies).toEqual(['first', 'second']);
  expect((await queue.stats()).delayed).toBe(1);
});

it('when the signal got lost, the next beat finds the message', async () => {
  const queue = redis.queue<string>();
  const bodies: string[] = [];
  const drained = deferred();
  const consumer = queue.consume(({ body }) => bodies.push(body), { leaseMs: 3000 });
  consumer.on('drained', drained.resolve);
  await drained.promise;

  await queue.connection.call('ZADD', [`{${queue.name}}:delayed`, 1, '0000000001"unannounced"']);

  await eventually(() => bodies.length === 1, 3000);
});

it('equal payloads that are due at the same time are all delivered', async () => {
  const queue = redis.queue<string>();
  const due = Date.now() + 60_000;
  await queue.sendBatch(
    Array.from({ length: 5 }, () => ({ body: 'same', id: 'same', delayMs: 60_000 })),
  );

  const delayed = `{${queue.name}}:delayed`;
  expect((await queue.stats()).delayed).toBe(5);
  const members = (await queue.connection.call('ZRANGE', [delayed, 0, -1])) as Buffer[];
  for (const member of members) await queue.connection.call('ZADD', [delayed, 1, member]);

  const seen: string[] = [];
  queue.consume(({ id, body, attempt }) => seen.push(`${id} ${body} ${attempt}`));
  await eventually(() => seen.length === 5);
  expect(new Set(seen)).toEqual(new Set(['same same 1']));
  expect(due).toBeGreaterThan(Date.now());
});

/** So many leave in one call, and are due in the same ms. */
const numbers = Array.from({ length: 50 }, (_, n) => n);

it.each<[string, (queue: TestQueue<number>) => Promise<unknown>]>([
  [
    'with ids of the producer',
    (queue) => queue.sendBatch(numbers.map((body) => ({ body, delayMs: 100 }))),
  ],
  [
    'with ids of their own',
    (queue) =>
      queue.sendBatch(
        numbers.map((body) => ({ body, id: `id-${(body * 37) % 50}`, delayMs: 100 })),
      ),
  ],
  ['that are bare and failed together', (queue) => failTogether(queue, 100)],
  ['that are bare, failed together and are tried again at once', (queue) => failTogether(queue, 0)],
])('messages %s come in the order of the sends', async (_, fill) => {
  const queue = redis.queue<number>();
  await fill(queue);
  const seen: number[] = [];
  queue.consume(({ body }) => void seen.push(body));
  await eventually(() => seen.length === numbers.length, 7000);

  expect(seen).toEqual(numbers);
});

/** Bare messages, all of which fail in one tick. */
async function failTogether(queue: TestQueue<number>, delayMs: number): Promise<void> {
  await queue.connection.call('LPUSH', [queue.name, ...numbers]);
  const release = deferred();
  const consumer = queue.consume(
    async () => {
      await release.promise;
      throw new Error('not yet');
    },
    { concurrency: numbers.length, backoff: () => delayMs },
  );
  await eventually(async () => (await queue.stats()).active === numbers.length);
  const stopped = consumer.stop();
  release.resolve();
  await stopped;
}

it('messages that other calls delay until the same time come behind those that are there, equal ones too', async () => {
  const queue = redis.queue<string>();
  const delayUntil1 = defineScript({
    name: 'delay-until-1',
    uses: [delayPart],
    keys: { delayed: () => `{${queue.name}}:delayed` },
    args: { element: (element: string) => element },
    lua: 'return delay(1, element)',
    parse: () => undefined,
  });
  for (const element of ['"c"', '"a"', '"a"', '"b"']) {
    await queue.connection.run(delayUntil1, element);
  }
  const seen: string[] = [];
  queue.consume(({ body }) => void seen.push(body));
  await eventually(() => seen.length === 4);

  expect(seen).toEqual(['c', 'a', 'a', 'b']);
});

it('an expired message is deleted without being handled, and counted', async () => {
  const queue = redis.queue<string>();
  const bodies: string[] = [];
  await queue.send('gone', { ttlMs: 1 });
  await queue.send('stays', { ttlMs: 60_000 });
  await untilExpired(queue.connection);

  queue.consume(({ body }) => bodies.push(body));
  await eventually(() => bodies.length > 0);

  expect(await atRest(queue as never)).toEqual({ pending: 0, delayed: 0, dead: 0 });
  expect(bodies).toEqual(['stays']);
  expect((await queue.stats()).total).toMatchObject({ acked: 1, expired: 1 });
});

it('receive skips an expired message', async () => {
  const queue = redis.queue<string>();
  await queue.send('gone', { ttlMs: 1 });
  await untilExpired(queue.connection);
  await queue.send('stays');

  expect((await queue.receive())?.body).toBe('stays');
});

it('a time to live begins when the delay is over', async () => {
  const queue = redis.queue<string>();
  await queue.send('hello', { delayMs: 60, ttlMs: 2000 });

  expect((await queue.receive({ timeoutMs: 30_000 }))?.body).toBe('hello');
});

/** Waits until the server's clock is two milliseconds further. */
async function untilExpired(connection: Connection): Promise<void> {
  const now = async () => {
    const [seconds, micros] = (await connection.call('TIME', [])) as [Buffer, Buffer];
    return Number(seconds) * 1000 + Number(micros) / 1000;
  };
  const start = await now();
  await eventually(async () => (await now()) > start + 2);
}

it('a message for a date is delivered then, and at once when the date has passed', async () => {
  const queue = redis.queue<string>();
  const seen: string[] = [];
  const due = new Date(Date.now() + 300);
  queue.consume(({ body }) => {
    const isTime = body !== 'then' || Date.now() >= due.getTime() - 2;
    seen.push(isTime ? body : `${body} too early`);
  });
  const passed = [new Date(0), new Date(-1), new Date(1000)];
  await queue.sendBatch([
    { body: 'then', at: due },
    ...passed.map((at) => ({ body: 'at once', at })),
    { body: 'once', at: new Date(0), once: { key: 'k', until: 'done' as const } },
  ]);

  await eventually(() => seen.length === 5);

  expect(seen.at(-1)).toBe('then');
  expect(seen.sort()).toEqual(['at once', 'at once', 'at once', 'once', 'then']);
});

it('a date may be years ahead, also with a time to live and a key, in every kind of send', async () => {
  const queue = redis.queue<string>({ maxLength: { count: 100 } });
  const unbounded = redis.otherEnd(queue);
  const at = new Date(Date.now() + 99 * 365 * 86_400_000);
  await unbounded.send('plain', { at });
  await unbounded.send('key', { at, key: 'k', ttlMs: 86_400_000 });
  await queue.send('bounded', { at, priority: 9 });
  await queue.send('once', { at, once: { key: 'o', until: 'done' } });
  queue.consume(() => {
    throw new Error('too soon');
  });

  const scores = await queue.connection.call('ZRANGE', [
    `{${queue.name}}:delayed`,
    ...[0, -1, 'WITHSCORES'],
  ]);
  const found = (scores as Buffer[]).map(String);
  expect(found.filter((_, n) => n % 2 === 1)).toEqual(Array(4).fill(String(at.getTime())));
  expect(found.find((text) => text.includes('"key"'))).toContain(
    `{"expires":${at.getTime() + 86_400_000},`,
  );
  expect(await queue.stats()).toMatchObject({ delayed: 4, pending: 0 });
});

it.each(['consume', 'receive', 'consumeBatch'] as const)(
  '%s tells of an expired message, and can keep it as a dead letter',
  async (how) => {
    const forgetting = redis.queue<string>();
    const keeping = redis.queue<string>({ consume: { onExpired: 'dead-letter' } });
    for (const queue of [forgetting, keeping]) {
      const expired: string[] = [];
      const push = ['\x011{"expires":1000,"id":"old"}\n"old"', '"new"'];
      await queue.connection.call('LPUSH', [queue.name, ...push]);
      const done = deferred<string>();
      const listen = (told: { on: typeof queue.on }) =>
        told.on('expired', ({ delivery }) => expired.push(delivery.id));
      if (how === 'receive') {
        listen(queue);
        const delivery = await queue.receive();
        await delivery?.ack();
        done.resolve(delivery?.body ?? '');
      } else if (how === 'consume') {
        listen(queue.consume(({ body }) => done.resolve(body)) as never);
      } else {
        listen(queue.consumeBatch(([first]) => done.resolve(first?.body ?? '')) as never);
      }

      expect(await done.promise).toBe('new');
      const dead = queue === keeping ? 1 : 0;
      await eventually(async () => {
        const { total } = await queue.stats();
        return total.expired === 1 - dead && total.dead === dead && total.acked === 1;
      });
      expect(expired).toEqual(['old']);
      const kept = [{ id: 'old', body: 'old', reason: 'expired' }];
      expect(await queue.deadLetters.list()).toMatchObject(dead ? kept : []);
    }
    await keeping.deadLetters.redrive();
    const again = how === 'receive' ? await keeping.receive() : undefined;
    if (how === 'receive') expect(again?.body).toBe('old');
  },
);
