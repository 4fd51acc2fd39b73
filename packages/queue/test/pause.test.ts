import { expect, it } from 'vitest';
import { eventually } from '../../../tooling/eventually.js';
import { rejection } from '../../../tooling/rejection.js';
import { type Queue, UnconfirmedError } from '../src/index.js';
import { queueKeys } from '../src/keys.js';
import { leave } from '../src/scripts/leave.js';
import { renew } from '../src/scripts/renew.js';
import { consumersOf, deferred, elements, expireLeases, isBlocked } from './support/in-redis.js';
import { openConnection, startOwnRedis, type TestQueue, useRedis } from './support/use-redis.js';

const redis = useRedis();

/** So many round trips, in which consumers would have started what they may start. */
async function roundTrips(queue: Queue<never>, count = 50): Promise<void> {
  for (let n = 0; n < count; n += 1) await queue.stats();
}

/** A consumer in name only: it holds a lease, and nobody answers for it. */
async function addSilentConsumer(queue: TestQueue<never>, leaseMs: number) {
  const keys = queueKeys(queue.name);
  const consumer = `silent.${leaseMs}`;
  const { connection } = queue;
  await connection.run(renew, { keys, consumer, leaseMs, take: true, inForce: '' });
  const input = { keys, consumer, mayBeBlocked: false };
  return () => connection.run(leave, input);
}

it.each([1, 100])(
  'when pause has resolved, nothing starts in any consumer with concurrency %i',
  async (concurrency) => {
    const queue = redis.queue<number>();
    const total = 20_000;
    const handled: number[] = [];
    const workers = Array.from({ length: 3 }, () =>
      redis.queue<number>({ name: queue.name, connection: openConnection(redis.url) }),
    );
    for (const worker of workers) {
      worker.consume(({ body }) => void handled.push(body), { concurrency });
    }
    const sent = queue.sendBatch(Array.from({ length: total }, (_, body) => ({ body })));
    for (let pauses = 1; pauses <= 5; pauses += 1) {
      await eventually(() => handled.length > (pauses * total) / 10);
      await queue.pause();
      const before = handled.length;
      await roundTrips(queue as never);
      expect(handled.length).toBe(before);
      expect(before).toBeLessThan(total);
      expect(await queue.resume()).toBe(true);
    }
    await sent;
    await eventually(() => handled.length >= total);
    expect(new Set(handled).size).toBe(total);
    expect(handled.length).toBe(total);
  },
);

it('what was taken ahead is back in its place when pause has resolved', async () => {
  const queue = redis.queue<number>();
  const release = deferred();
  const handled: number[] = [];
  queue.consume(
    async ({ body }) => {
      handled.push(body);
      if (body === 500) await release.promise;
    },
    { concurrency: 1 },
  );
  await queue.sendBatch(Array.from({ length: 1000 }, (_, body) => ({ body })));
  await eventually(() => handled.length === 501);
  await queue.pause();
  expect(await queue.stats()).toMatchObject({ pending: 499, active: 1 });
  release.resolve();
  await queue.resume();
  await eventually(() => handled.length === 1000);
  expect(handled).toEqual([...handled].sort((a, b) => a - b));
});

it('a consumer that waits in a blocking move takes nothing after pause', async () => {
  const queue = redis.queue<string>();
  const handled: string[] = [];
  queue.consume(({ body }) => void handled.push(body));
  await eventually(() => isBlocked(queue.connection));
  await queue.pause();
  expect(await isBlocked(queue.connection)).toBe(false);
  await queue.connection.call('LPUSH', [queue.name, '"pushed"']);
  await roundTrips(queue as never);
  expect(await elements(queue as never)).toEqual(['"pushed"']);
  expect(handled).toEqual([]);
  await queue.resume();
  await eventually(() => handled.length === 1);
  await eventually(() => isBlocked(queue.connection));
});

it('a pause ends by itself at its time, and leaves no key', async () => {
  const queue = redis.queue<string>();
  const starts: number[] = [];
  const events: string[] = [];
  const consumer = queue.consume(() => void starts.push(Date.now()));
  consumer.on('paused', ({ reason }) => events.push(`paused: ${reason}`));
  consumer.on('resumed', () => events.push('resumed'));
  const untilMs = Date.now() + 300;
  await queue.pause({ reason: 'payments are down', untilMs });
  expect(await queue.stats()).toMatchObject({
    paused: { reason: 'payments are down', until: new Date(untilMs) },
  });
  await queue.send('hello');
  await eventually(() => starts.length === 1);
  expect(starts[0]).toBeGreaterThanOrEqual(untilMs);
  expect((await queue.stats()).paused).toBeUndefined();
  await eventually(() => events.length === 2);
  expect(events).toEqual(['paused: payments are down', 'resumed']);
  const left = await queue.connection.call('EXISTS', [
    `{${queue.name}}:shape`,
    `{${queue.name}}:seen`,
  ]);
  expect(left).toBe(0);
  expect(await queue.resume()).toBe(false);
});

it('a second pause replaces the reason and the end of the first one', async () => {
  const queue = redis.queue<string>();
  await queue.pause({ reason: 'first', untilMs: Date.now() + 60_000 });
  await queue.pause();
  const { paused } = await queue.stats();
  expect(paused).toEqual({ since: expect.any(Date), reason: undefined, until: undefined });
});

it('sends, delays, retries and recovery go on while the queue is paused', async () => {
  const queue = redis.queue<string>();
  const release = deferred();
  let begun = 0;
  queue.consume(
    async ({ body }) => {
      begun += 1;
      await release.promise;
      if (body === 'fails') throw new Error('no');
    },
    { concurrency: 2, backoff: () => 0 },
  );
  const dying = redis.queue<string>({ name: queue.name, connection: openConnection(redis.url) });
  await queue.sendBatch([{ body: 'fails' }, { body: 'works' }]);
  await eventually(() => begun === 2);
  const others = await consumersOf(queue as never);
  await queue.send('held');
  const delivery = await dying.receive();
  expect(delivery?.body).toBe('held');
  await queue.pause();
  const [dead] = (await consumersOf(queue as never)).filter((name) => !others.includes(name));

  await queue.send('sent');
  await queue.send('delayed', { delayMs: 20 });
  release.resolve();
  await expireLeases(queue as never, [dead ?? '']);
  await openConnection(redis.url).call('PUBLISH', [`{${queue.name}}:signal`, 'resumed']);
  // The retried, the sent and the delayed one; the one of the dead consumer comes with a heartbeat.
  await eventually(async () => (await queue.stats()).pending >= 3);
  expect(begun).toBe(2);
  expect((await queue.stats()).total).toMatchObject({ acked: 1, retried: 1 });
  await queue.resume();
  await eventually(() => begun >= 5);
});

it('a consumer that is started while the queue is paused starts nothing until resume', async () => {
  const queue = redis.queue<string>();
  await queue.pause();
  await queue.send('hello');
  const handled: string[] = [];
  const worker = redis.queue<string>({ name: queue.name, connection: openConnection(redis.url) });
  const consumer = worker.consume(({ body }) => void handled.push(body));
  await new Promise<void>((resolve) => void consumer.on('paused', () => resolve()));
  await queue.pause();
  await roundTrips(queue as never);
  expect(handled).toEqual([]);
  await queue.resume();
  await eventually(() => handled.length === 1);
});

it('receive returns undefined at its time while the queue is paused, and a message after resume', async () => {
  const queue = redis.queue<string>();
  await queue.pause();
  await queue.send('hello');
  expect(await queue.receive({ timeoutMs: 0 })).toBeUndefined();
  expect(await queue.receive({ timeoutMs: 20 })).toBeUndefined();
  const waiting = queue.receive();
  await queue.resume();
  const delivery = await waiting;
  expect(delivery?.body).toBe('hello');
  await queue.pause();
  await queue.send('second');
  await delivery?.ack();
  expect(await queue.receive({ timeoutMs: 0 })).toBeUndefined();
  expect(await queue.stats()).toMatchObject({ pending: 1, active: 0 });
});

it('a pause is told once, to consumers and to those who receive, whatever else the queue declares', async () => {
  const queue = redis.queue<string>();
  const events: string[] = [];
  const consumer = queue.consume(() => {});
  const listen = (name: string, { on }: Pick<typeof consumer, 'on'>) => {
    on('paused', ({ reason }) => events.push(`${name} ${reason}`));
    on('resumed', () => events.push(`${name} resumed`));
  };
  const other = redis.queue<string>({ name: queue.name, connection: openConnection(redis.url) });
  listen('consumer', { on: consumer.on.bind(consumer) });
  listen('queue', { on: other.on.bind(other) as never });
  const received = other.receive();
  await eventually(async () => (await consumersOf(queue as never)).length === 2);
  await queue.pause({ reason: 'first' });
  await eventually(() => events.length === 2);
  await queue.deadLetters.setBounds({ maxLength: 10 });
  // It resolves when both have put this shape in force, too.
  await queue.pause({ reason: 'second' });
  await queue.deadLetters.setBounds('unbounded');
  await queue.resume();
  await queue.sendBatch([{ body: 'a' }, { body: 'b' }]);
  await eventually(() => events.length >= 6);
  const told = (name: string) => ['first', 'second', 'resumed'].map((event) => `${name} ${event}`);
  expect(events.filter((event) => event.startsWith('consumer'))).toEqual(told('consumer'));
  expect(events.filter((event) => event.startsWith('queue'))).toEqual(told('queue'));
  await queue.close();
  await other.send('c');
  await received;
});

it('a handler may pause its own queue, and what it settles counts', async () => {
  const queue = redis.queue<number>();
  const handled: number[] = [];
  queue.consume(async ({ body }) => {
    handled.push(body);
    if (body === 2) await queue.pause();
  });
  await queue.sendBatch([1, 2, 3].map((body) => ({ body })));
  await eventually(async () => (await queue.stats()).total.acked === 2);
  await roundTrips(queue as never);
  expect(handled).toEqual([1, 2]);
  expect(await queue.stats()).toMatchObject({ pending: 1, active: 0 });
});

it('pause says which consumers have not confirmed it, and resolves when they are gone', async () => {
  const queue = redis.queue<string>();
  const gone = await addSilentConsumer(queue as never, 30_000);
  const error = await rejection(queue.pause({ timeoutMs: 50 }));
  expect(error).toBeInstanceOf(UnconfirmedError);
  expect(error).toMatchObject({
    code: 'UNCONFIRMED',
    retryable: true,
    consumers: ['silent.30000'],
  });
  expect((await queue.stats()).paused).toBeDefined();
  const paused = queue.pause();
  await gone();
  await paused;

  await addSilentConsumer(queue as never, 200);
  await queue.pause();
});

it('pause waits for all consumers also when something else is declared meanwhile', async () => {
  const queue = redis.queue<string>();
  const gone = await addSilentConsumer(queue as never, 30_000);
  let hasResolved = false;
  const paused = queue.pause().then(() => {
    hasResolved = true;
  });
  await eventually(async () => (await queue.stats()).paused);
  await queue.deadLetters.setBounds({ maxLength: 5 });
  await roundTrips(queue as never);
  expect(hasResolved).toBe(false);
  await gone();
  await paused;
});

it('a consumer that has not put a pause in force before its lease ran out has lost the lease', async () => {
  const queue = redis.queue<string>();
  const keys = queueKeys(queue.name);
  const consumer = 'late.200';
  const { connection } = queue;
  const renewal = (inForce = '', take = false) =>
    connection.run(renew, { keys, consumer, leaseMs: 200, take, inForce });
  await renewal('', true);
  await queue.pause();
  expect(await renewal()).toEqual({ status: 'lost' });

  // One that had confirmed it goes on, also from a thread that does not know of it.
  const version = String(await connection.call('HGET', [keys.shape, 'version']));
  await connection.call('ZREM', [keys.consumers, consumer]);
  await renewal(version, true);
  await expireLeases(queue as never, [consumer]);
  expect(await renewal()).toMatchObject({ status: 'held' });
  await queue.resume();
  await expireLeases(queue as never, [consumer]);
  expect(await renewal(version)).toMatchObject({ status: 'held' });
});

it('a pause reaches consumers that hear no signals', async () => {
  const { url, port } = await startOwnRedis();
  const admin = openConnection(url);
  await admin.call('ACL', ['SETUSER', 'deaf', 'on', '>secret', '~*', '+@all', '-subscribe']);
  const queue = redis.queue<string>({ name: 'q', connection: admin });
  const connection = openConnection(`redis://deaf:secret@127.0.0.1:${port}`);
  const worker = redis.queue<string>({ name: 'q', connection });
  const handled: string[] = [];
  const consumer = worker.consume(({ body }) => void handled.push(body), { leaseMs: 300 });
  consumer.on('error', () => {});
  await queue.send('first');
  await eventually(() => handled.length === 1);
  await queue.pause();
  await queue.send('second');
  await roundTrips(queue as never);
  expect(handled).toEqual(['first']);
  await queue.resume();
  await eventually(() => handled.length === 2);
});

it('a queue that has lost its pause with all its data goes on', async () => {
  const server = await startOwnRedis();
  const connection = openConnection(server.url);
  const queue = redis.queue<string>({ name: 'q', connection });
  const handled: string[] = [];
  const consumer = queue.consume(({ body }) => void handled.push(body), { leaseMs: 300 });
  consumer.on('error', () => {});
  await queue.pause();
  await connection.call('FLUSHALL', []);
  await queue.send('hello');
  await eventually(() => handled.length === 1);
});

it('consumer.pause returns what was taken ahead, and others go on', async () => {
  const queue = redis.queue<number>();
  const release = deferred();
  const handled: number[] = [];
  const consumer = queue.consume(async ({ body }) => {
    handled.push(body);
    if (body === 500) await release.promise;
  });
  await queue.sendBatch(Array.from({ length: 600 }, (_, body) => ({ body })));
  await eventually(() => handled.length === 501);
  await consumer.pause();
  release.resolve();
  const others: number[] = [];
  const other = redis.queue<number>({ name: queue.name, connection: openConnection(redis.url) });
  other.consume(({ body }) => void others.push(body));
  await eventually(() => others.length === 99);
  expect(handled.length).toBe(501);

  await other.close();
  await queue.send(1000);
  await roundTrips(queue as never);
  expect(handled.length).toBe(501);
  await queue.pause();
  consumer.resume();
  await roundTrips(queue as never);
  expect(handled.length).toBe(501);
  await queue.resume();
  await eventually(() => handled.at(-1) === 1000);
});

it.each([
  [{ reason: 5 }, 'reason is a text'],
  [{ untilMs: 60_000 }, 'untilMs is a time in ms since 1970, and 60000 is past'],
  [{ untilMs: Number.NaN }, 'untilMs'],
  [{ timeoutMs: -1 }, 'timeoutMs'],
  [{ until: 5 }, 'no option "until"'],
])('pause refuses %o and changes nothing', async (options, message) => {
  const queue = redis.queue<string>();
  await queue.pause({ reason: 'before' });
  const error = await rejection(queue.pause(options as never));
  expect(error).toMatchObject({
    code: 'INVALID_ARGUMENT',
    message: expect.stringContaining(message),
  });
  expect((await queue.stats()).paused?.reason).toBe('before');
});

it('a paused queue pauses also where memory is full, and its key of another type is named', async () => {
  const { url } = await startOwnRedis();
  const connection = openConnection(url);
  const queue = redis.queue<string>({ name: 'q', connection });
  await connection.call('CONFIG', ['SET', 'maxmemory', '1']);
  await queue.pause({ reason: 'memory' });
  expect(await queue.resume()).toBe(true);
  await connection.call('CONFIG', ['SET', 'maxmemory', '0']);
  await connection.call('SET', ['{q}:shape', 'text']);
  expect(await rejection(queue.pause())).toMatchObject({ code: 'WRONG_TYPE', key: '{q}:shape' });
});
