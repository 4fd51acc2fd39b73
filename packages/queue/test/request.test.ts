import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Connection, ConnectionError, connect } from '@redpost/core';
import { startRedis } from '@redpost/core/embedded';
import { expect, it, onTestFinished, vi } from 'vitest';
import { eventually } from '../../../tooling/eventually.js';
import { rejection } from '../../../tooling/rejection.js';
import { startTestCluster } from '../../../tooling/test-cluster.js';
import { CancelledError, HandlerError, Queue } from '../src/index.js';
import type { LeaseInput } from '../src/scripts/lease.js';
import {
  calls,
  consumersOf,
  deferred,
  expireLeases,
  isBlocked,
  leftKeys,
} from './support/in-redis.js';
import { startPrinting } from './support/printing-process.js';
import { openConnection, startOwnRedis, useRedis } from './support/use-redis.js';

const redis = useRedis();
const returning = new URL('./support/returning.mjs', import.meta.url);
const requesting = new URL('./support/requesting.mjs', import.meta.url);

interface Answer {
  body: string;
  attempt: number;
  pid: number;
}

/** A connection that hears no notices: `isDeaf` says from when on. */
function deafened(connection: Connection, isDeaf: () => boolean): Connection {
  return new Proxy(connection, {
    get(target, name) {
      const value = Reflect.get(target, name) as unknown;
      if (name === 'subscribe') {
        return (about: never, subscriber: { message(...args: unknown[]): void }) =>
          target.subscribe(about, {
            ...subscriber,
            message: (...args: unknown[]) => {
              if (!isDeaf()) subscriber.message(...args);
            },
          } as never);
      }
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

/** Makes the calls that tell Redis the receipt of what a blocking move has brought as `make` does. */
function onAdoption(connection: Connection, make: (call: () => unknown) => unknown): void {
  const run = connection.run.bind(connection);
  vi.spyOn(connection, 'run').mockImplementation((async (script, input, options) => {
    const call = () => run(script, input, options);
    const { handedOff } = input as Partial<LeaseInput>;
    return script.name === 'lease' && handedOff !== undefined ? make(call) : call();
  }) as Connection['run']);
}

it('a request resolves to what a handler in another process returns', async () => {
  const queue = redis.queue<string>();
  const processes = [1, 2].map(() =>
    startPrinting(returning, { url: redis.url, name: queue.name, options: { concurrency: 5 } }),
  );
  const bodies = Array.from({ length: 200 }, (_, n) => `body ${n}`);
  const answers = await Promise.all(bodies.map((body) => queue.request<Answer>(body)));
  expect(answers.map(({ body }) => body)).toEqual(bodies);
  const pids = processes.map(({ child }) => child.pid);
  for (const { pid } of answers) expect(pids).toContain(pid);
  await eventually(async () => {
    const left = await leftKeys(queue);
    return left.every((key) => key.includes(':result:'));
  });
});

it('a request rejects with the error of its handler, with a cancellation, or when its time is up', async () => {
  const queue = redis.queue<string>();
  const slow = deferred();
  queue
    .consume(
      async ({ body }) => {
        if (body === 'slow') return slow.promise;
        throw Object.assign(new TypeError('no such account'), { code: 'E_ACCOUNT' });
      },
      { maxAttempts: 1, concurrency: 5 },
    )
    .on('failed', () => {});
  const error = await rejection(queue.request('bad'));
  expect(error).toBeInstanceOf(HandlerError);
  expect(error).toMatchObject({
    message: 'no such account',
    remoteName: 'TypeError',
    remoteCode: 'E_ACCOUNT',
  });
  expect(await rejection(queue.request('slow', { timeoutMs: 50 }))).toMatchObject({
    code: 'TIMEOUT',
    outcome: 'unknown',
  });
  const cancelled = rejection(queue.request('slow', { id: 'to cancel' }));
  await eventually(async () => (await queue.result('to cancel'))?.state === 'active');
  expect(await queue.cancel('to cancel')).toBe('signalled');
  expect(await cancelled).toBeInstanceOf(CancelledError);
  const stop = new AbortController();
  const aborted = queue.request('slow', { signal: stop.signal });
  stop.abort(new Error('enough'));
  await expect(aborted).rejects.toThrow('enough');
  expect(await rejection(queue.request('bad', { timeoutMs: 0 }))).toMatchObject({
    code: 'INVALID_ARGUMENT',
  });
  const closing = queue.request('slow');
  await eventually(async () => (await queue.stats()).active >= 1);
  slow.resolve();
  await closing;
  const open = redis.otherEnd(queue);
  const unanswered = rejection(open.request('later', { delayMs: 60_000 }));
  await eventually(async () => (await queue.stats()).delayed === 1);
  await open.close();
  expect(await unanswered).toMatchObject({ code: 'CLOSED' });
});

it('a request whose time is up is not handled any more', async () => {
  const queue = redis.queue<string>();
  expect(await rejection(queue.request('late', { timeoutMs: 20 }))).toMatchObject({
    code: 'TIMEOUT',
  });
  const [element] = (await queue.connection.call('LRANGE', [queue.name, 0, 0])) as Buffer[];
  const expires = Number(/"expires":(\d+)/.exec(String(element))?.[1]);
  await eventually(async () => {
    const [seconds, micros] = (await queue.connection.call('TIME', [])) as Buffer[];
    return Number(seconds) * 1000 + Number(micros) / 1000 > expires + 1;
  });
  const handled: string[] = [];
  queue.consume(({ body }) => void handled.push(body));
  await eventually(async () => (await queue.stats()).total.expired === 1);
  expect(handled).toEqual([]);
});

it('a lost notice costs one read, and never a hang', async () => {
  const queue = redis.queue<string>();
  queue.consume(({ body }) => body.toUpperCase());
  const deaf = redis.queue<string>({
    name: queue.name,
    connection: deafened(openConnection(redis.url), () => true),
  });
  const answers = await Promise.all(['a', 'b', 'c'].map((body) => deaf.request(body)));
  expect(answers).toEqual(['A', 'B', 'C']);
});

it('without the right to subscribe, a request is answered all the same', async () => {
  const own = await startOwnRedis();
  const admin = openConnection(own.url);
  const user = ['on', 'nopass', 'allkeys', 'resetchannels', '+@all'];
  await admin.call('ACL', ['SETUSER', 'quiet', ...user]);
  const url = new URL(own.url);
  url.username = 'quiet';
  url.password = 'any';
  const queue = redis.queue<string>({ connection: admin });
  queue.consume(({ body }) => body.toUpperCase());
  const quiet = redis.queue<string>({
    name: queue.name,
    connection: openConnection(String(url)),
  });
  expect(await quiet.request('a')).toBe('A');
});

it('a request is answered before the answer that gives the message its receipt has come', async () => {
  const asking = redis.queue<string>();
  const connection = await openConnection(redis.url);
  const working = new Queue<string>(asking.name, { connection });
  const read = deferred();
  onAdoption(connection, async (call) => {
    const answer = await call();
    await read.promise;
    return answer;
  });
  const consumer = working.consume(({ body }) => `${body} done`);
  await eventually(() => isBlocked(asking.connection));
  expect(await asking.request('one')).toBe('one done');
  read.resolve();
  await consumer.stop();
});

it('a request is answered when the message gets its receipt later than it is handled', async () => {
  const asking = redis.queue<string>();
  const connection = await openConnection(redis.url);
  const working = new Queue<string>(asking.name, { connection });
  let made = 0;
  onAdoption(connection, () => {
    made += 1;
    throw new ConnectionError('Not sent', { outcome: 'not-executed' });
  });
  const consumer = working.consume(({ body }) => `${body} done`);
  consumer.on('error', () => {});
  await eventually(() => isBlocked(asking.connection));
  expect(await asking.request('one')).toBe('one done');
  await consumer.stop();
  expect(made).toBe(1);
  expect(await asking.stats()).toMatchObject({ active: 0, total: { acked: 1, recovered: 0 } });
});

it('500 queues in a process share one subscription', async () => {
  const connection = redis.connection();
  const queues = Array.from({ length: 500 }, () => redis.queue<number>({ connection }));
  const before = await channelsOf(connection);
  const worker = redis.connection();
  // Few consumers at a time, each of which subscribes to the signals of its queue.
  for (let at = 0; at < queues.length; at += 50) {
    const some = queues.slice(at, at + 50);
    const consumers = some.map(({ name }) =>
      redis.queue<number>({ name, connection: worker }).consume(({ body }) => body),
    );
    const answers = await Promise.all(some.map((queue, n) => queue.request(n)));
    expect(answers).toEqual(some.map((_, n) => n));
    await Promise.all(consumers.map((consumer) => consumer.stop()));
  }
  const after = await channelsOf(connection);
  expect(after.filter((name) => !before.includes(name))).toHaveLength(1);
});

async function channelsOf(connection: Connection): Promise<string[]> {
  const reply = (await connection.call('PUBSUB', ['CHANNELS', 'redpost:replies:*'])) as Buffer[];
  return reply.map(String);
}

it('when the worker is killed, another one answers', async () => {
  const queue = redis.queue<string>();
  const first = startPrinting(returning, {
    url: redis.url,
    name: queue.name,
    waitMs: 600_000,
    options: {},
  });
  const answer = queue.request<Answer>('x', { timeoutMs: 60_000 });
  await eventually(() => first.lines.length === 1);
  first.child.kill('SIGKILL');
  await expireLeases(queue as never, await consumersOf(queue as never));
  const second = startPrinting(returning, { url: redis.url, name: queue.name, options: {} });
  expect(await answer).toEqual({ body: 'x', attempt: 2, pid: second.child.pid });
});

it('when the requester is killed, another process gets the answers by their ids', async () => {
  const queue = redis.queue<string>();
  const ids = Array.from({ length: 20 }, (_, n) => `request-${n}`);
  const { child, lines } = startPrinting<{ requested?: number }>(requesting, {
    url: redis.url,
    name: queue.name,
    ids,
    options: { timeoutMs: 60_000 },
  });
  await eventually(() => lines.length === 1);
  await eventually(async () => (await queue.stats()).pending === ids.length);
  child.kill('SIGKILL');
  redis.otherEnd(queue).consume(({ body }) => body.toUpperCase());
  const results = await Promise.all(ids.map((id) => queue.result(id, { waitMs: 10_000 })));
  expect(results.map((result) => result?.value)).toEqual(ids.map((id) => id.toUpperCase()));
});

it('when Redis restarts, requests are answered, or end when their time is up', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'redpost-test-'));
  const own = await startOwnRedis({ dir, persistence: 'aof' });
  const queue = redis.queue<string>({ connection: openConnection(own.url) });
  const release = deferred();
  const worker = redis.queue<string>({ name: queue.name, connection: openConnection(own.url) });
  const started: string[] = [];
  worker.consume(
    async ({ body }) => {
      started.push(body);
      await release.promise;
      return body.toUpperCase();
    },
    { concurrency: 10 },
  );
  const requests = ['a', 'b', 'c'].map((body) => queue.request(body, { timeoutMs: 60_000 }));
  await eventually(() => started.length === 3);
  await own.kill();
  await startOwnRedis({ dir, persistence: 'aof', port: own.port });
  release.resolve();
  expect(await Promise.all(requests)).toEqual(['A', 'B', 'C']);
});

it('a request costs few calls, and nothing of it is left when its result has expired', async () => {
  const queue = redis.queue<number>();
  queue.consume(({ body }) => body, { concurrency: 100 });
  await queue.request(0);
  const before = await calls(queue.connection, 'evalsha');
  const options = { keepResultMs: 50, timeoutMs: 60_000 };
  await Promise.all(Array.from({ length: 100 }, (_, n) => queue.request(n, options)));
  expect((await calls(queue.connection, 'evalsha')) - before).toBeLessThan(100);
  await eventually(async () => (await leftKeys(queue)).length <= 1);
});

it('in a Cluster requests, results and cancellations work for queues in any slot', {
  timeout: 60_000,
}, async () => {
  const cluster = await startTestCluster({ startRedis, connect });
  onTestFinished(() => cluster.stop());
  const connection = connect(cluster.addresses);
  onTestFinished(() => connection.close());
  const queues = Array.from({ length: 6 }, (_, n) => new Queue<number>(`in-${n}`, { connection }));
  onTestFinished(async () => void (await Promise.all(queues.map((queue) => queue.close()))));
  for (const queue of queues) queue.consume(({ body }) => 2 * body);
  expect(await Promise.all(queues.map((queue, n) => queue.request(n)))).toEqual([
    0, 2, 4, 6, 8, 10,
  ]);
  for (const queue of queues) {
    const id = await queue.send(1, { delayMs: 60_000, keepResultMs: 60_000 });
    const waiting = queue.result(id, { waitMs: 10_000 });
    expect(await queue.cancel(id)).toBe('removed');
    expect(await waiting).toMatchObject({ state: 'cancelled' });
  }
});
