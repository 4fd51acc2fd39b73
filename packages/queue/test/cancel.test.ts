import { expect, it } from 'vitest';
import { eventually } from '../../../tooling/eventually.js';
import { interposed } from '../../../tooling/interposed.js';
import { slowness } from '../../../tooling/machine-pace.js';
import { rejection } from '../../../tooling/rejection.js';
import { CancelledError, type Delivery, SearchLimitError, type SendOptions } from '../src/index.js';
import { retry } from '../src/scripts/retry.js';
import { consumersOf, deferred, expireLeases, leftKeys } from './support/in-redis.js';
import { startPrinting } from './support/printing-process.js';
import { scriptedConsumer } from './support/scripted-consumer.js';
import { openConnection, type TestQueue, useRedis } from './support/use-redis.js';

const redis = useRedis();

const untilCancelled = new URL('./support/until-cancelled.mjs', import.meta.url);

type Line = { started?: string; aborted?: string; code?: string; reason?: string; at?: number };

/** A handler that runs until its signal is aborted; `held` are those that have started. */
function untilAborted() {
  const held: Delivery<unknown>[] = [];
  const handler = (delivery: Delivery<unknown>) => {
    held.push(delivery);
    return new Promise((_, reject) => {
      delivery.signal.addEventListener('abort', () => reject(delivery.signal.reason));
    });
  };
  return { held, handler };
}

const cancelledOf = async (queue: TestQueue<never>) => (await queue.stats()).total.cancelled;

it.each<[string, SendOptions]>([
  ['in the list', {}],
  ['with a priority', { priority: 9 }],
  ['with a key', { key: 'k' }],
  ['that is delayed', { delayMs: 60_000 }],
  ['that is debounced', { debounce: { key: 'd', ms: 60_000 } }],
  ['that is sent once', { once: { key: 'o', until: 'done' } }],
])('a message %s is removed, and leaves nothing behind', async (_, options) => {
  const queue = redis.queue<string>();
  const other = redis.otherEnd(queue);
  const id = await queue.send('x', options);
  expect(await other.cancel(id)).toBe('removed');
  expect(await queue.cancel(id)).toBe('gone');
  expect(await leftKeys(queue)).toEqual([]);
  expect(await queue.stats()).toMatchObject({ pending: 0, delayed: 0, total: { cancelled: 1 } });
  // What it kept from being sent is sent now.
  expect(await queue.sendBatch([{ body: 'y', ...options }])).toMatchObject([{ status: 'sent' }]);
});

it('one of many is found wherever it is, also among equal bodies and with an id full of escapes', async () => {
  const queue = redis.queue<number>();
  await queue.sendBatch(Array.from({ length: 9000 }, (_, body) => ({ body, id: `id-${body}` })));
  const ids = ['id-0', 'id-4500', 'id-8999', 'id-1', 'id-8998'];
  for (const id of ids) expect(await queue.cancel(id)).toBe('removed');
  const strange = 'a"b\\c\né\u2028';
  await queue.send(1, { id: strange, delayMs: 60_000 });
  await queue.sendBatch(
    Array.from({ length: 3000 }, (_, n) => ({ body: 0, id: `d-${n}`, delayMs: 60_000 })),
  );
  expect(await queue.cancel('d-2999')).toBe('removed');
  expect(await queue.cancel(strange)).toBe('removed');
  expect(await queue.cancel('never sent')).toBe('gone');
  const { pending, delayed } = await queue.stats();
  expect({ pending, delayed }).toEqual({ pending: 9000 - ids.length, delayed: 2999 });
  expect(await cancelledOf(queue as never)).toBe(ids.length + 2);
});

it('one that is returned, one that waits for its next attempt, and a suspect are removed', async () => {
  const queue = redis.queue<string>();
  await queue.sendBatch(['returned', 'retried', 'suspect'].map((body) => ({ body, id: body })));
  const first = await queue.receive();
  const second = await queue.receive();
  await first?.retry();
  await second?.retry({ delayMs: 60_000 });
  expect(await queue.cancel('returned')).toBe('removed');
  expect(await queue.cancel('retried')).toBe('removed');
  const { lines, child } = startPrinting<Line>(untilCancelled, {
    url: redis.url,
    name: queue.name,
    options: {},
  });
  await eventually(() => lines.length === 1);
  child.kill('SIGKILL');
  await expireLeases(queue as never, await consumersOf(queue as never));
  const other = redis.otherEnd(queue);
  const helper = other.consume(() => {}, { signal: AbortSignal.timeout(60_000) });
  await helper.pause();
  await eventually(async () => (await queue.stats()).total.recovered === 1);
  await helper.stop();
  // Whether the helper has taken it already or not.
  expect(await queue.cancel('suspect')).not.toBe('signalled');
  expect(await queue.stats()).toMatchObject({ pending: 0, active: 0, delayed: 0 });
});

it('cancelling the next message of a key that waits for its attempt lets the others go on at once', async () => {
  const queue = redis.queue<string>();
  const handled: string[] = [];
  const failed = deferred();
  queue
    .consume(
      ({ body }) => {
        if (body === 'fails') throw new Error('no');
        handled.push(body);
      },
      { backoff: () => 60_000 },
    )
    .on('failed', () => failed.resolve());
  await queue.sendBatch(['fails', 'next'].map((body) => ({ body, id: body, key: 'k' })));
  await failed.promise;
  await eventually(async () => (await queue.stats({ key: 'k' })).notBefore);
  expect(handled).toEqual([]);
  expect(await queue.cancel('fails')).toBe('removed');
  await eventually(() => handled.length === 1);
  expect(await leftKeys(queue)).toEqual(
    expect.not.arrayContaining([expect.stringContaining(':key:')]),
  );
});

it('a message that waits for its attempt, and is cancelled while others of its run are held, does not hold up the key', async () => {
  const queue = redis.queue<string>();
  const { connection } = queue;
  await queue.sendBatch(['a', 'b', 'c'].map((id) => ({ body: id, id, key: 'k' })));
  const { keys, consumer, confirm, lease } = await scriptedConsumer(queue);
  await confirm();
  await lease(2, 1, { perKey: 2 });
  const deliveries = [{ receipt: 1, delayMs: 60_000, ranUs: 1 }];
  await connection.run(retry, { keys, consumer, deliveries, holdsKey: true });
  expect(await queue.cancel('a')).toBe('removed');
  // Only when the rest of the run is done.
  await lease(0, 10, { count: 1 });
  await lease(1, 20, { acked: { batches: [], receipts: [2], expired: 0 }, rans: [[1]] });
  expect(await queue.stats()).toMatchObject({ pending: 0, active: 1 });
});

it('the signal of an active message is aborted in another process, within 100 ms', async () => {
  const queue = redis.queue<string>();
  const ids = await Promise.all(Array.from({ length: 20 }, () => queue.send('x')));
  const processes = [1, 2].map(() =>
    startPrinting<Line>(untilCancelled, {
      url: redis.url,
      name: queue.name,
      options: { concurrency: 10 },
    }),
  );
  const lines = () => processes.flatMap((each) => each.lines);
  await eventually(() => lines().filter(({ started }) => started).length === 20);
  const waits: number[] = [];
  for (const id of ids) {
    const before = Date.now();
    expect(await queue.cancel(id, 'no longer wanted')).toBe('signalled');
    const line = await eventually(() => lines().find(({ aborted }) => aborted === id));
    expect(line).toMatchObject({ code: 'CANCELLED', reason: 'no longer wanted' });
    waits.push((line.at as number) - before);
  }
  expect(waits.sort((a, b) => a - b)[10] ?? Infinity).toBeLessThan(100 * slowness());
  expect(await queue.stats()).toMatchObject({
    pending: 0,
    active: 0,
    delayed: 0,
    dead: 0,
    total: { cancelled: 20, acked: 0, retried: 0 },
  });
});

it('when the signal is lost, the next beat tells the consumer', async () => {
  const queue = redis.queue<string>();
  const { held, handler } = untilAborted();
  const connection = openConnection(redis.url);
  const deaf = redis.queue({
    name: queue.name,
    connection: new Proxy(connection, {
      get(target, name) {
        if (name === 'subscribe') return async () => async () => {};
        const value = Reflect.get(target, name) as unknown;
        return typeof value === 'function' ? value.bind(target) : value;
      },
    }),
  });
  deaf.consume(handler, { leaseMs: 600 });
  const id = await queue.send('x');
  await eventually(() => held.length === 1);
  expect(await queue.cancel(id)).toBe('signalled');
  await eventually(() => held[0]?.signal.aborted);
  expect(held[0]?.signal.reason).toBeInstanceOf(CancelledError);
  await eventually(async () => (await leftKeys(queue)).length === 0);
});

it('cancel wins or loses against ack: exactly one of them has an effect', async () => {
  const queue = redis.queue<number>();
  const total = 500;
  const acked = new Set<string>();
  const refused = new Set<string>();
  const worker = redis.otherEnd(queue);
  worker.consume(
    async (delivery) => {
      await new Promise((resolve) => setImmediate(resolve));
      try {
        await delivery.ack();
        acked.add(delivery.id);
      } catch (error) {
        expect(error).toBeInstanceOf(CancelledError);
        refused.add(delivery.id);
      }
    },
    { concurrency: 50 },
  );
  const results = new Map<string, string>();
  const send = async (n: number) => {
    const id = await queue.send(n);
    if (n % 3 === 0) await queue.stats();
    results.set(id, await queue.cancel(id));
  };
  for (let n = 0; n < total; n += 50) {
    await Promise.all(Array.from({ length: 50 }, (_, at) => send(n + at)));
  }
  await eventually(async () => (await queue.stats()).active === 0);
  const of = (result: string) => [...results].filter(([, each]) => each === result);
  await eventually(() => acked.size === of('gone').length);
  for (const [id, result] of results) {
    expect(acked.has(id)).toBe(result === 'gone');
    if (result === 'removed') expect(refused.has(id)).toBe(false);
  }
  expect(of('signalled').length).toBeGreaterThan(0);
  const { total: counts } = await queue.stats();
  expect(counts.acked + counts.cancelled).toBe(total);
  expect(counts.acked).toBe(acked.size);
});

it('a cancelled message is never retried, whatever its handler does, and its place is free at once', async () => {
  const queue = redis.queue<string>();
  await queue.limits.set({ concurrency: 1 });
  const released = deferred();
  const seen: string[] = [];
  const rejections: unknown[] = [];
  const errors: unknown[] = [];
  const consumer = queue.consume(async (delivery) => {
    seen.push(delivery.body);
    await released.promise;
    rejections.push(await rejection(delivery.retry()));
    rejections.push(await rejection(delivery.deadLetter()));
    throw new Error('of a handler that does not look at its signal');
  });
  consumer.on('error', (error) => errors.push(error));
  consumer.on('failed', ({ error }) => errors.push(error));
  const id = await queue.send('first', { key: 'k', once: { key: 'o', until: 'done' } });
  await eventually(() => seen.length === 1);
  expect(await queue.cancel(id)).toBe('signalled');
  const other = redis.otherEnd(queue);
  other.consume(({ body }) => void seen.push(body));
  expect(
    await queue.sendBatch([{ body: 'second', key: 'k', once: { key: 'o', until: 'done' } }]),
  ).toMatchObject([{ status: 'sent' }]);
  await eventually(() => seen.length === 2);
  released.resolve();
  await eventually(() => rejections.length === 2);
  for (const error of rejections) expect(error).toBeInstanceOf(CancelledError);
  await eventually(async () => (await queue.stats()).active === 0);
  await consumer.stop();
  expect(errors).toEqual([]);
  expect(await queue.stats()).toMatchObject({
    pending: 0,
    delayed: 0,
    dead: 0,
    total: { acked: 1, retried: 0, cancelled: 1 },
  });
});

it('what waits for a handler is not handled, in batches either', async () => {
  const queue = redis.queue<number>();
  const release = deferred();
  const handled: number[] = [];
  queue.consume(
    async ({ body }) => {
      handled.push(body);
      await release.promise;
    },
    { concurrency: 1 },
  );
  await queue.sendBatch(Array.from({ length: 3 }, (_, body) => ({ body, id: `${body}` })));
  await eventually(() => handled.length === 1);
  const results = [await queue.cancel('1'), await queue.cancel('2')];
  for (const result of results) expect(['removed', 'signalled']).toContain(result);
  release.resolve();
  await eventually(async () => (await queue.stats()).active === 0);
  expect(handled).toEqual([0]);

  const batches = redis.queue<number>();
  const started: Delivery<number>[] = [];
  const end = deferred();
  batches.consumeBatch(
    async (deliveries) => {
      started.push(...deliveries);
      await end.promise;
    },
    { max: 5, maxWaitMs: 1000 },
  );
  await batches.sendBatch(Array.from({ length: 5 }, (_, body) => ({ body, id: `${body}` })));
  await eventually(() => started.length === 5);
  expect(await batches.cancel('3')).toBe('signalled');
  await eventually(() => started[3]?.signal.aborted);
  expect(started.filter(({ signal }) => signal.aborted)).toHaveLength(1);
  end.resolve();
  await eventually(async () => (await batches.stats()).active === 0);
  expect((await batches.stats()).total).toMatchObject({ acked: 4, cancelled: 1 });
});

it('what was received is cancelled, by its receipt too where it had no id', async () => {
  const queue = redis.queue<string>();
  await queue.send('bare', { bare: true });
  const delivery = await queue.receive();
  const told = deferred<unknown>();
  queue.on('cancelled', ({ error }) => told.resolve(error));
  expect(await redis.otherEnd(queue).cancel(delivery?.id as string, 'why')).toBe('signalled');
  expect(await told.promise).toMatchObject({ code: 'CANCELLED', reason: 'why', id: delivery?.id });
  expect(delivery?.signal.aborted).toBe(true);
  expect(await rejection(delivery?.ack() ?? Promise.resolve())).toBeInstanceOf(CancelledError);
});

it('one that a blocking move has just brought is cancelled as soon as it has a receipt', async () => {
  const queue = redis.queue<string>();
  const { held, handler } = untilAborted();
  const mayLease = deferred();
  let isHeldUp = false;
  const connection = interposed(openConnection(redis.url), async (script, run, input) => {
    const { handedOff } = input as { handedOff?: number };
    if (script === 'lease' && handedOff !== undefined) {
      isHeldUp = true;
      await mayLease.promise;
    }
    return run();
  });
  redis.queue({ name: queue.name, connection }).consume(handler);
  await eventually(async () => (await queue.stats()).consumers === 1);
  const id = await queue.send('x');
  await eventually(() => isHeldUp && held.length === 1);
  const cancelled = queue.cancel(id);
  for (let n = 0; n < 10; n += 1) await queue.stats();
  mayLease.resolve();
  expect(await cancelled).toBe('signalled');
  await eventually(() => held[0]?.signal.aborted);
});

it('a search can be limited and ended, and tells how far it has come', async () => {
  const queue = redis.queue<number>();
  await queue.sendBatch(Array.from({ length: 10_000 }, (_, body) => ({ body, id: `id-${body}` })));
  const progress: number[] = [];
  const onProgress = ({ scanned, waiting }: { scanned: number; waiting: number }) => {
    expect(waiting).toBe(10_000);
    progress.push(scanned);
  };
  expect(await queue.cancel('id-0', '', { onProgress })).toBe('removed');
  expect(progress.length).toBeGreaterThan(2);
  expect(await rejection(queue.cancel('id-1', '', { maxScanned: 1000 }))).toBeInstanceOf(
    SearchLimitError,
  );
  const ended = new AbortController();
  const cause = new Error('enough');
  const options = { signal: ended.signal, onProgress: () => ended.abort(cause) };
  await expect(queue.cancel('id-1', '', options)).rejects.toBe(cause);
  expect((await queue.stats()).pending).toBe(9999);
});
