import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Schema } from '@redpost/core';
import { expect, it, onTestFinished } from 'vitest';
import { eventually } from '../../../tooling/eventually.js';
import { busyMs, slowness } from '../../../tooling/machine-pace.js';
import { type Delivery, LeaseLostError, type Queue } from '../src/index.js';
import { atRest, consumersOf, deferred, expireLeases, isBlocked } from './support/in-redis.js';
import { openConnection, type TestQueue, useRedis } from './support/use-redis.js';

const redis = useRedis();

const empty = { pending: 0, delayed: 0, dead: 0 };

const numbered = (count: number) => Array.from({ length: count }, (_, body) => ({ body }));

const bodiesOf = <Body>(deliveries: readonly Delivery<Body>[]) =>
  deliveries.map(({ body }) => body);

/** Puts batches into the log that it returns. */
function logged<Body>(queue: Queue<Body>, options: Parameters<Queue<Body>['consumeBatch']>[1]) {
  const batches: Body[][] = [];
  const consumer = queue.consumeBatch((all) => void batches.push(bodiesOf(all)), options);
  return { batches, consumer };
}

it('a backlog comes in batches of max messages, in their order, and what is left after maxWaitMs', async () => {
  const queue = redis.queue<number>();
  await queue.sendBatch(numbered(1025));
  const { batches } = logged(queue, { max: 100, maxWaitMs: 50 });
  await eventually(() => batches.length === 11);

  expect(batches.map(({ length }) => length)).toEqual([...Array(10).fill(100), 25]);
  expect(batches.flat()).toEqual(numbered(1025).map(({ body }) => body));
  expect(await atRest(queue as never)).toEqual(empty);
  expect((await queue.stats()).total).toMatchObject({ acked: 1025, retried: 0 });
});

it('max may be a thousand, and then a batch has a thousand', async () => {
  const queue = redis.queue<number>();
  await queue.sendBatch(numbered(3000));
  const { batches } = logged(queue, { max: 1000, maxWaitMs: 60_000 });
  await eventually(() => batches.length === 3);

  expect(batches.map(({ length }) => length)).toEqual([1000, 1000, 1000]);
});

it('the first message of a batch waits for maxWaitMs, and no longer', async () => {
  const queue = redis.queue<number>();
  const handledAt: number[] = [];
  queue.consumeBatch(() => void handledAt.push(performance.now()), { max: 10, maxWaitMs: 300 });
  await eventually(() => isBlocked(queue.connection));
  const sentAt = performance.now();
  await queue.sendBatch(numbered(9));
  await eventually(() => handledAt.length === 1);

  const waitedMs = Number(handledAt[0]) - sentAt;
  expect(waitedMs).toBeGreaterThan(299);
  expect(waitedMs).toBeLessThan(300 + 200 * slowness());
});

it('with maxWaitMs 0 a batch gets what is in the queue, and waits for nothing', async () => {
  const queue = redis.queue<number>();
  await queue.sendBatch(numbered(600));
  const { batches } = logged(queue, { max: 1000, maxWaitMs: 0 });
  await eventually(() => batches.length === 1);
  expect(batches[0]).toHaveLength(600);

  // As fast as messages without batches, but for what the machine has to do besides.
  const single = redis.queue<number>();
  const singles: number[] = [];
  single.consume(({ body }) => void singles.push(body));
  const took = async (each: TestQueue<number>, handled: () => number) => {
    const startedAt = performance.now();
    for (let n = 1; n <= 20; n += 1) {
      const before = handled();
      await each.send(n);
      await eventually(() => handled() > before);
    }
    return performance.now() - startedAt;
  };
  const singleMs = await took(single, () => singles.length);
  const batchMs = await took(queue, () => batches.length);
  expect(batches.slice(1).map(({ length }) => length)).toEqual(Array(20).fill(1));
  expect(batchMs).toBeLessThan(singleMs + 1500);
});

it('a batch has at most maxBytes, unless one message alone has more', async () => {
  const queue = redis.queue<string>();
  const sizes = [400, 400, 400, 5000, 300, 300, 300, 300, 2000];
  await queue.sendBatch(sizes.map((size) => ({ body: 'x'.repeat(size), bare: true })));
  const { batches } = logged(queue, { max: 100, maxWaitMs: 50, maxBytes: 1300 });
  await eventually(() => batches.flat().length === sizes.length);

  // As JSON, each has two bytes more.
  expect(batches.map((batch) => batch.map(({ length }) => length))).toEqual([
    [400, 400, 400],
    [5000],
    [300, 300, 300, 300],
    [2000],
  ]);
});

it('as many messages are leased as fit into batches by their size, not max for each', async () => {
  const queue = redis.queue<string>();
  const body = 'x'.repeat(1000);
  await queue.sendBatch(Array.from({ length: 2000 }, () => ({ body, bare: true })));
  const active: number[] = [];
  const handle = async () => {
    active.push((await queue.stats()).active);
  };
  queue.consumeBatch(handle, { max: 800, maxBytes: 10_020, maxWaitMs: 60_000 });
  await eventually(() => active.length === 200);
  // The first calls did not know yet how large the messages are.
  expect(Math.max(...active.slice(120))).toBeLessThan(100);
});

it('returning acknowledges what the handler has not settled itself', async () => {
  const queue = redis.queue<number>();
  await queue.sendBatch(numbered(5));
  const seen: string[] = [];
  queue.consumeBatch(
    async (deliveries) => {
      seen.push(...deliveries.map(({ body, attempt }) => `${body}, attempt ${attempt}`));
      const byBody = new Map(deliveries.map((delivery) => [delivery.body, delivery]));
      await byBody.get(0)?.ack();
      if (byBody.get(1)?.attempt === 1) await byBody.get(1)?.retry();
      await byBody.get(2)?.deadLetter('no use');
    },
    { max: 5, maxWaitMs: 50 },
  );
  await eventually(async () => (await queue.stats()).total.acked === 4);

  expect(seen).toEqual([...numbered(5).map(({ body }) => `${body}, attempt 1`), '1, attempt 2']);
  expect((await queue.stats()).total).toMatchObject({ acked: 4, retried: 1, dead: 1 });
  expect((await queue.deadLetters.list())[0]).toMatchObject({ body: 2, reason: 'no use' });
});

it('throwing retries what the handler has not settled, each message by its own attempts', async () => {
  const queue = redis.queue<string>();
  // This one has failed twice before.
  const element = '\u00011{"attempt":2,"id":"old"}\n"old"';
  await queue.connection.call('LPUSH', [queue.name, element]);
  await queue.sendBatch([{ body: 'settled' }, { body: 'new' }]);
  const batches: string[][] = [];
  const waits: number[] = [];
  const failed: unknown[] = [];
  const consumer = queue.consumeBatch(
    async (deliveries) => {
      batches.push(deliveries.map(({ body, attempt }) => `${body} ${attempt}`));
      if (batches.length > 1) return;
      await deliveries.find(({ body }) => body === 'settled')?.ack();
      throw new Error('not now');
    },
    {
      max: 3,
      maxWaitMs: 50,
      maxAttempts: 3,
      backoff: (attempt) => {
        waits.push(attempt);
        return 0;
      },
    },
  );
  consumer.on('failed', ({ delivery, error, next }) => {
    failed.push([delivery.body, error.message, next.action]);
  });
  await eventually(() => batches.length === 2);

  expect(batches).toEqual([['old 3', 'settled 1', 'new 1'], ['new 2']]);
  expect(waits).toEqual([1]);
  expect(failed).toEqual([
    ['old', 'not now', 'dead-letter'],
    ['new', 'not now', 'retry'],
  ]);
  expect(await atRest(queue as never)).toEqual({ pending: 0, delayed: 0, dead: 1 });
});

it('an error that is thrown when all is settled is told once', async () => {
  const queue = redis.queue<number>();
  await queue.sendBatch(numbered(3));
  const errors: string[] = [];
  const consumer = queue.consumeBatch(
    async (deliveries) => {
      await Promise.all(deliveries.map((delivery) => delivery.ack()));
      throw new Error('too late');
    },
    { max: 3 },
  );
  consumer.on('error', ({ message }) => errors.push(message));
  await eventually(async () => errors.length > 0 && (await queue.stats()).total.acked === 3);
  await consumer.stop();
  expect(errors).toEqual(['too late']);
});

const asynchronous: Schema<unknown, string> = {
  '~standard': {
    version: 1,
    vendor: 'test',
    validate: async (value) =>
      typeof value === 'string' ? { value } : { issues: [{ message: 'not a text' }] },
  },
};

it.each([
  ['a schema that answers later', asynchronous],
  ['a schema that answers at once', synchronous(asynchronous)],
])('what cannot be read becomes a dead letter and is in no batch, with %s', async (_, schema) => {
  const queue = redis.queue<string>({ schema } as never);
  const push = (element: string) => queue.connection.call('LPUSH', [queue.name, element]);
  await push('"first"');
  await push('no JSON');
  await push('7');
  await push('\u00011{"id":7}\n"the id is no text"');
  await push('\u00011{"no":"id"}\n"endless"');
  await push('\u00011{"expires":1000,"id":"e"}\n"expired"');
  await push('"last"');
  const failed: string[] = [];
  const { batches, consumer } = logged(queue, { max: 7, maxWaitMs: 60_000 });
  consumer.on('failed', ({ next }) => {
    if (next.action === 'dead-letter') failed.push(next.reason);
  });
  await eventually(async () => (await queue.stats()).total.acked === 2);

  expect(batches).toEqual([['first', 'last']]);
  expect(failed.sort()).toEqual(['invalid', 'malformed', 'malformed', 'malformed']);
  expect(await atRest(queue as never)).toEqual({ pending: 0, delayed: 0, dead: 4 });
  expect((await queue.stats()).total.expired).toBe(1);
});

function synchronous(schema: Schema<unknown, string>): Schema<unknown, string> {
  const { validate: _, ...standard } = schema['~standard'];
  const validate = (value: unknown) =>
    typeof value === 'string' ? { value } : { issues: [{ message: 'not a text' }] };
  return { '~standard': { ...standard, validate } };
}

it('a batch of which nothing can be read is not handed over', async () => {
  const queue = redis.queue<string>();
  await queue.connection.call('LPUSH', [queue.name, 'no', 'JSON']);
  const { batches, consumer } = logged(queue, { max: 2 });
  consumer.on('failed', () => {});
  await eventually(async () => (await queue.stats()).dead === 2);
  await consumer.stop();
  expect(batches).toEqual([]);
});

it('a message that expires while its batch is filled is not handed over', async () => {
  const queue = redis.queue<string>();
  await queue.send('short-lived', { ttlMs: 60 });
  const { batches } = logged(queue, { max: 3, maxWaitMs: busyMs(500) });
  await eventually(async () => (await queue.stats()).active === 1);
  await queue.send('durable');
  await eventually(() => batches.length === 1);
  expect(batches).toEqual([['durable']]);
  await eventually(async () => (await queue.stats()).total.expired === 1);
});

it('when a process dies with a batch nothing is lost, and each of its messages comes alone', async () => {
  const queue = redis.queue<number>();
  await queue.sendBatch(numbered(30));
  const file = fileURLToPath(new URL('./support/batch-consumer.mjs', import.meta.url));
  const { url } = redis;
  const input = { url, name: queue.name, options: { max: 10, leaseMs: 60_000 } };
  const child = spawn(process.execPath, [file, JSON.stringify(input)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const [line] = await once(child.stdout, 'data');
  const suspects = JSON.parse(String(line)) as number[];
  expect(suspects).toHaveLength(10);
  const exit = once(child, 'exit');
  child.kill('SIGKILL');
  await exit;
  await expireLeases(queue as never, await consumersOf(queue as never));

  const attempts = new Map<number, number>();
  const lengths: number[] = [];
  queue.consumeBatch(
    (deliveries) => {
      lengths.push(deliveries.length);
      for (const { body, attempt } of deliveries) attempts.set(body, attempt);
    },
    { max: 10, maxWaitMs: 50 },
  );
  await eventually(() => attempts.size === 30);

  expect(lengths.filter((length) => length === 1)).toHaveLength(10);
  expect(lengths.filter((length) => length === 10)).toHaveLength(2);
  for (const [body, attempt] of attempts) expect(attempt).toBe(suspects.includes(body) ? 2 : 1);
  expect(await atRest(queue as never)).toEqual(empty);
  expect((await queue.stats()).total).toMatchObject({ acked: 30, recovered: 10 });
});

it('a batch has one message of each key, and those of a key come in their order', async () => {
  const queue = redis.queue<number>();
  await queue.sendBatch(numbered(12).map(({ body }) => ({ body, key: `k${body % 3}` })));
  const { batches } = logged(queue, { max: 3, maxWaitMs: 50 });
  await eventually(() => batches.flat().length === 12);
  for (const batch of batches)
    expect(new Set(batch.map((body) => body % 3)).size).toBe(batch.length);
  for (const key of [0, 1, 2]) {
    const bodies = batches.flat().filter((body) => body % 3 === key);
    expect(bodies).toEqual([key, key + 3, key + 6, key + 9]);
  }
  expect(await atRest(queue as never)).toEqual(empty);
});

it('concurrency is how many batches are handled at a time, and the default of the queue is not taken for it', async () => {
  const queue = redis.queue<number>({ consume: { concurrency: 50 } });
  await queue.sendBatch(numbered(200));
  for (const concurrency of [undefined, 3]) {
    const release = deferred();
    let running = 0;
    let most = 0;
    const consumer = queue.consumeBatch(
      async () => {
        running += 1;
        most = Math.max(most, running);
        await release.promise;
        await queue.stats();
        running -= 1;
      },
      { max: 10, concurrency },
    );
    await eventually(() => running === (concurrency ?? 1));
    expect((await queue.stats()).active).toBe(10 * (concurrency ?? 1));
    release.resolve();
    await consumer.stop();
    expect(most).toBe(concurrency ?? 1);
  }
});

it('the heartbeat renews the lease while a batch is filled', async () => {
  const queue = redis.queue<number>();
  const leaseMs = busyMs(300);
  const attempts: number[] = [];
  queue.consumeBatch((all) => void attempts.push(...all.map(({ attempt }) => attempt)), {
    max: 10,
    maxWaitMs: 3 * leaseMs,
    leaseMs,
  });
  const other = redis.queue<number>({ name: queue.name, connection: openConnection(redis.url) });
  await queue.sendBatch(numbered(3));
  await eventually(async () => (await queue.stats()).active === 3);
  // It looks for consumers that have died three times per lease.
  const { consumer, batches } = logged(other, { leaseMs });
  consumer.on('recovered', () => attempts.push(NaN));
  await eventually(() => attempts.length === 3);
  expect(attempts).toEqual([1, 1, 1]);
  expect(batches).toEqual([]);
});

it('when the lease is lost each signal of a batch is aborted, and nothing of it is acknowledged', async () => {
  const queue = redis.queue<number>();
  await queue.sendBatch(numbered(4));
  const release = deferred();
  const reasons: unknown[] = [];
  const attempts: number[] = [];
  const consumer = queue.consumeBatch(
    async (deliveries) => {
      attempts.push(...deliveries.map(({ attempt }) => attempt));
      if (attempts.length > 4) return;
      const aborted = deliveries.map(
        ({ signal }) =>
          new Promise<void>((resolve) =>
            signal.addEventListener('abort', () => resolve(void reasons.push(signal.reason))),
          ),
      );
      await Promise.all(aborted);
      await release.promise;
    },
    { max: 4, leaseMs: busyMs(600) },
  );
  const lost: number[] = [];
  consumer.on('lost', ({ deliveries }) => lost.push(...bodiesOf(deliveries)));
  await eventually(() => attempts.length === 4);
  const rescuer = redis.queue<number>({ name: queue.name, connection: openConnection(redis.url) });
  await expireLeases(queue as never, await consumersOf(queue as never));
  const rescued: number[] = [];
  rescuer.consume(({ body }) => void rescued.push(body));
  await eventually(() => reasons.length === 4);
  expect(reasons.every((reason) => reason instanceof LeaseLostError)).toBe(true);
  expect(lost).toEqual([0, 1, 2, 3]);
  release.resolve();
  await eventually(async () => (await queue.stats()).total.acked === 4);
  expect(attempts.length - 4 + rescued.length).toBe(4);
  expect(await atRest(queue as never)).toEqual(empty);
});

it('what a lost lease takes from a batch that is being filled is not handed over', async () => {
  const queue = redis.queue<number>();
  await queue.sendBatch(numbered(3));
  const { batches, consumer } = logged(queue, { max: 4, maxWaitMs: 60_000, leaseMs: busyMs(600) });
  const lost: number[] = [];
  consumer.on('lost', ({ deliveries }) => lost.push(...bodiesOf(deliveries)));
  await eventually(async () => (await queue.stats()).active === 3);
  const rescuer = redis.queue<number>({ name: queue.name, connection: openConnection(redis.url) });
  await expireLeases(queue as never, await consumersOf(queue as never));
  const rescued: number[] = [];
  rescuer.consume(({ body }) => void rescued.push(body));
  await eventually(() => lost.length === 3 && rescued.length + batches.flat().length === 3);
  // Of the consumer that lost them they may be taken again, but as suspects.
  expect(batches.every(({ length }) => length === 1)).toBe(true);
});

it('stop returns what waits for its batch, lets handlers finish, and counts no attempt', async () => {
  const queue = redis.queue<number>();
  const release = deferred();
  const handled: number[][] = [];
  await queue.sendBatch(numbered(10));
  const consumer = queue.consumeBatch(
    async (deliveries) => {
      handled.push(bodiesOf(deliveries));
      await release.promise;
    },
    { max: 10, concurrency: 2, maxWaitMs: 60_000 },
  );
  await eventually(() => handled.length === 1);
  await queue.sendBatch([{ body: 10 }, { body: 11 }]);
  await eventually(async () => (await queue.stats()).active === 12);

  const stopped = consumer.stop();
  await eventually(async () => (await queue.stats()).pending === 2);
  release.resolve();
  await stopped;
  expect(handled).toEqual([numbered(10).map(({ body }) => body)]);
  expect(await atRest(queue as never)).toEqual({ ...empty, pending: 2 });
  expect(await queue.receive()).toMatchObject({ body: 10, attempt: 1 });
  expect((await queue.stats()).total).toMatchObject({ acked: 10, retried: 0 });
});

it('past the deadline of stop a batch is returned, and its deliveries are named by the event', async () => {
  const queue = redis.queue<number>();
  await queue.sendBatch(numbered(3));
  const signals: AbortSignal[] = [];
  const returned: number[] = [];
  const consumer = queue.consumeBatch(
    (deliveries) => {
      signals.push(...deliveries.map(({ signal }) => signal));
      return new Promise(() => {});
    },
    { max: 3 },
  );
  consumer.on('returned', ({ deliveries }) => returned.push(...bodiesOf(deliveries)));
  await eventually(() => signals.length === 3);
  await consumer.stop({ timeoutMs: 0 });

  expect(signals.map(({ aborted }) => aborted)).toEqual([true, true, true]);
  expect(returned).toEqual([0, 1, 2]);
  expect(await atRest(queue as never)).toEqual({ ...empty, pending: 3 });
});

it('a handler of batches may await stop', async () => {
  const queue = redis.queue<number>();
  await queue.send(1);
  const stopped = deferred();
  const consumer = queue.consumeBatch(() => consumer.stop(), { maxWaitMs: 0 });
  consumer.on('stopped', () => stopped.resolve());
  await stopped.promise;
  expect(await atRest(queue as never)).toEqual(empty);
});

it.each([
  ['of the queue', (queue: Queue<number>) => [() => queue.pause(), () => queue.resume()] as const],
  [
    'of the consumer',
    (_: Queue<number>, consumer: ReturnType<Queue['consume']>) =>
      [() => consumer.pause(), async () => consumer.resume()] as const,
  ],
])('a pause %s returns what waits for its batch, and afterwards it comes', async (_, pausing) => {
  const queue = redis.queue<number>();
  await queue.sendBatch(numbered(3));
  const { batches, consumer } = logged(queue, { max: 4, maxWaitMs: 60_000 });
  await eventually(async () => (await queue.stats()).active === 3);
  const [pause, resume] = pausing(queue, consumer as never);
  await pause();
  expect(await queue.stats()).toMatchObject({ pending: 3, active: 0 });
  await queue.send(3);
  for (let n = 0; n < 50; n += 1) await queue.stats();
  expect(batches).toEqual([]);
  await resume();
  await eventually(() => batches.length === 1);
  expect(batches).toEqual([[0, 1, 2, 3]]);
});

it('options that cannot work are refused', () => {
  const queue = redis.queue<number>();
  const consume = (options: object) => () => queue.consumeBatch(() => {}, options);
  expect(consume({ max: 0 })).toThrow('max must be a whole number from 1 to 1000, got 0');
  expect(consume({ max: 1001 })).toThrow('max must be a whole number from 1 to 1000, got 1001');
  expect(consume({ maxWaitMs: Infinity })).toThrow('maxWaitMs must be a whole number');
  expect(consume({ maxBytes: 0 })).toThrow('maxBytes must be a whole number at least 1, got 0');
  expect(consume({ by: 'size' })).toThrow('by is \'key\', got "size"');
  expect(consume({ by: 'key', maxBytes: 9 })).toThrow("by: 'key' and maxBytes exclude each other");
  expect(() => queue.consumeBatch('handler' as never)).toThrow('A handler is a function');
});
