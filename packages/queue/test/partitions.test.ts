import { expect, it, onTestFinished } from 'vitest';
import { eventually } from '../../../tooling/eventually.js';
import { Queue } from '../src/index.js';
import { keySlot } from '../src/partitions/key-slot.js';
import { partitionList } from '../src/partitions/partition-list.js';
import { deferred } from './support/in-redis.js';
import { type TestQueue, useRedis } from './support/use-redis.js';

const redis = useRedis();

/** How many messages wait in each list: that of the queue's name first. */
async function lengths<Body>(
  { connection, name }: TestQueue<Body>,
  partitions = 3,
): Promise<number[]> {
  const lists = [name, ...Array.from({ length: partitions }, (_, n) => partitionList(name, n))];
  return Promise.all(lists.map(async (list) => Number(await connection.call('LLEN', [list]))));
}

it('messages of many ticks are shared by the partitions, and those of one tick are one command', async () => {
  const queue = redis.queue<number>({ partitions: 3 });
  for (let n = 0; n < 30; n += 1) {
    await Promise.all([queue.send(n), queue.send(n), queue.send(n)]);
  }

  expect(await lengths(queue)).toEqual([0, 30, 30, 30]);
  expect(await queue.stats()).toMatchObject({ partitions: 3, pending: 90 });
});

it('a producer and a consumer that were not told find the partitions', async () => {
  const queue = redis.queue<number>({ partitions: 3 });
  await queue.send(0);
  const other = redis.otherEnd(queue);
  const handled: number[] = [];
  const consumer = other.consume(({ body }) => void handled.push(body), { concurrency: 4 });
  onTestFinished(() => consumer.stop());
  for (let n = 1; n < 50; n += 1) await other.send(n);

  await eventually(() => handled.length === 50);
  expect([...handled].sort((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, n) => n));
  expect((await lengths(queue))[0]).toBe(0);
});

it('what other clients push to the list of the name is handled, too', async () => {
  const queue = redis.queue<string>({ partitions: 2 });
  await queue.stats();
  const handled: string[] = [];
  const consumer = queue.consume(({ body, queue: name }) => void handled.push(`${name} ${body}`));
  onTestFinished(() => consumer.stop());
  await queue.connection.call('LPUSH', [queue.name, '"pushed"']);

  await eventually(() => handled.length === 1);
  expect(handled).toEqual([`${queue.name} pushed`]);
});

it('messages of one key keep their order, and are handled one at a time', async () => {
  const queue = redis.queue<[string, number]>({ partitions: 3 });
  const keys = Array.from({ length: 12 }, (_, n) => `key ${n}`);
  const last = new Map<string, number>();
  const busy = new Set<string>();
  const wrong: string[] = [];
  let count = 0;
  const consumer = queue.consume(
    async ({ body: [key, n] }) => {
      if (busy.has(key)) wrong.push(`${key} twice`);
      busy.add(key);
      await new Promise(setImmediate);
      busy.delete(key);
      if (n !== (last.get(key) ?? -1) + 1) wrong.push(`${key}: ${n} after ${last.get(key)}`);
      last.set(key, n);
      count += 1;
    },
    { concurrency: 10 },
  );
  onTestFinished(() => consumer.stop());
  for (let n = 0; n < 25; n += 1) {
    await Promise.all(keys.map((key) => queue.send([key, n], { key })));
  }

  await eventually(() => count === 300);
  expect(wrong).toEqual([]);
});

it('keys are listed and counted over all partitions', async () => {
  const queue = redis.queue<number>({ partitions: 3 });
  for (let n = 0; n < 6; n += 1) {
    for (let times = 0; times <= n; times += 1) await queue.send(n, { key: `key ${n}` });
  }
  await queue.send(0);
  await queue.send(0);

  const listed = await queue.keys({ count: 3 });
  expect(listed).toMatchObject([
    { key: 'key 5', pending: 6 },
    { key: 'key 4', pending: 5 },
    { key: 'key 3', pending: 4 },
  ]);
  const all = await queue.keys({ count: 100 });
  expect(all.find(({ key }) => key === undefined)).toMatchObject({ pending: 2 });
  expect(await queue.stats({ key: 'key 2' })).toMatchObject({ pending: 3, active: 0 });
});

it('concurrency holds for all partitions together', async () => {
  const queue = redis.queue<number>({ partitions: 3 });
  await queue.sendBatch(Array.from({ length: 300 }, (_, body) => ({ body })));
  let running = 0;
  let most = 0;
  let handled = 0;
  const consumer = queue.consume(
    async () => {
      running += 1;
      most = Math.max(most, running);
      await new Promise(setImmediate);
      running -= 1;
      handled += 1;
    },
    { concurrency: 5 },
  );
  onTestFinished(() => consumer.stop());

  await eventually(() => handled === 300);
  expect(most).toBe(5);
});

it('receive takes from all partitions, and says when there is none', async () => {
  const queue = redis.queue<number>({ partitions: 3 });
  expect(await queue.receive({ timeoutMs: 0 })).toBeUndefined();
  for (let n = 0; n < 9; n += 1) await queue.send(n);
  const received: number[] = [];
  for (let n = 0; n < 9; n += 1) {
    const delivery = await queue.receive({ timeoutMs: 5000 });
    received.push(delivery?.body as number);
    await delivery?.ack();
  }

  expect(received.sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
  expect(await queue.receive({ timeoutMs: 0 })).toBeUndefined();
  expect(await queue.stats()).toMatchObject({ pending: 0, active: 0, total: { acked: 9 } });
});

it('a message is found, changed and cancelled wherever it is', async () => {
  const queue = redis.queue<number>({ partitions: 4 });
  const ids: string[] = [];
  for (let n = 0; n < 8; n += 1) ids.push(await queue.send(n));
  ids.push(await queue.send(8, { delayMs: 60_000 }));

  for (const [n, id] of ids.entries()) expect(await queue.find(id)).toMatchObject({ body: n });
  expect(await queue.update(ids[3] as string, { body: 33 })).toBe('updated');
  expect(await queue.find(ids[3] as string)).toMatchObject({ body: 33 });
  expect(await queue.cancel(ids[5] as string)).toBe('removed');
  expect(await queue.cancel('nowhere')).toBe('gone');
  expect(await queue.stats()).toMatchObject({ pending: 7, delayed: 1, total: { cancelled: 1 } });
  const peeked = await queue.peek(20);
  expect(peeked.map(({ body }) => Number(body)).sort((a, b) => a - b)).toEqual([
    0, 1, 2, 4, 6, 7, 33,
  ]);
  expect(await queue.purge()).toEqual({ pending: 7, delayed: 1 });
});

it('once, throttle and debounce hold for all partitions', async () => {
  const queue = redis.queue<number>({ partitions: 4 });
  const once = { key: 'k', until: 'done' as const };
  const ids = new Set<string>();
  for (let n = 0; n < 6; n += 1) ids.add(await queue.send(n, { once }));
  for (let n = 0; n < 6; n += 1) {
    ids.add(await queue.send(n, { throttle: { key: 't', ms: 60_000 } }));
  }

  expect(ids.size).toBe(2);
  expect((await queue.stats()).pending).toBe(2);
});

it('a request is answered, whichever partition its message is in', async () => {
  const queue = redis.queue<number>({ partitions: 3 });
  const consumer = redis.otherEnd(queue).consume(({ body }) => 2 * (body as number), {
    concurrency: 3,
  });
  onTestFinished(() => consumer.stop());
  const plain = [1, 2, 3, 4, 5].map((n) => queue.request<number>(n));
  const keyed = [1, 2, 3, 4, 5].map((n) => queue.request<number>(n, { key: `key ${n}` }));

  expect(await Promise.all([...plain, ...keyed])).toEqual([2, 4, 6, 8, 10, 2, 4, 6, 8, 10]);
});

it('the result of a message is read, watched and awaited', async () => {
  const queue = redis.queue<number>({ partitions: 3 });
  const keep = { keepResultMs: 60_000 };
  const ids = [await queue.send(1, keep), await queue.send(2, { ...keep, key: 'k' })];
  for (const id of ids) expect(await queue.result(id)).toMatchObject({ state: 'pending' });
  const awaited = Promise.all(ids.map((id) => queue.result(id, { waitMs: 10_000 })));
  const consumer = queue.consume(({ body }) => body + 10);
  onTestFinished(() => consumer.stop());

  expect(await awaited).toMatchObject([
    { state: 'done', value: 11 },
    { state: 'done', value: 12 },
  ]);
  for (const id of ids) {
    const states: string[] = [];
    for await (const { state } of queue.watch(id)) states.push(state);
    expect(states).toEqual(['done']);
  }
  expect(await queue.result('nothing')).toBeUndefined();
});

it('pause and resume hold for all partitions', async () => {
  const queue = redis.queue<number>({ partitions: 3 });
  const handled: number[] = [];
  const paused: unknown[] = [];
  const consumer = queue.consume(({ body }) => void handled.push(body));
  consumer.on('paused', (event) => paused.push(event));
  onTestFinished(() => consumer.stop());
  await queue.send(0);
  await eventually(() => handled.length === 1);
  await queue.pause({ reason: 'tests' });
  for (let n = 1; n < 10; n += 1) await queue.send(n);

  expect(await queue.stats()).toMatchObject({ pending: 9, paused: { reason: 'tests' } });
  expect(paused).toHaveLength(1);
  expect(handled).toEqual([0]);
  expect(await queue.resume()).toBe(true);
  await eventually(() => handled.length === 10);
  expect(await queue.resume()).toBe(false);
});

it('one consumer is one of consumers(), and is paused in all partitions', async () => {
  const queue = redis.queue<number>({ partitions: 3 });
  const handled: number[] = [];
  const consumer = queue.consume(({ body }) => void handled.push(body));
  onTestFinished(() => consumer.stop());
  await queue.send(0);
  await eventually(() => handled.length === 1);
  const [info, ...others] = await queue.consumers();
  expect(others).toEqual([]);
  expect((await queue.stats()).consumers).toBe(1);
  await queue.pauseConsumer(info?.consumer as string);
  for (let n = 1; n < 7; n += 1) await queue.send(n);

  expect(await queue.consumers()).toMatchObject([{ paused: { reason: undefined } }]);
  expect((await queue.stats()).pending).toBe(6);
  expect(handled).toEqual([0]);
  expect(await queue.resumeConsumer(info?.consumer as string)).toBe(true);
  await eventually(() => handled.length === 7);
});

it('the concurrency and the rate that are declared hold for all partitions together', async () => {
  const queue = redis.queue<number>({ partitions: 3 });
  await queue.limits.set({ concurrency: 8, rate: { max: 1000, perMs: 1000, burst: 3 } });
  expect(await queue.limits.get()).toEqual({
    concurrency: 8,
    rate: { max: 1000, perMs: 1000, burst: 3 },
  });
  expect((await queue.stats()).limits).toMatchObject({ concurrency: 8 });
  await queue.sendBatch(Array.from({ length: 400 }, (_, body) => ({ body })));
  let running = 0;
  let handled = 0;
  const release = deferred();
  const handler = async () => {
    running += 1;
    await release.promise;
    running -= 1;
    handled += 1;
  };
  const consumers = [queue, redis.otherEnd(queue)].map((each) =>
    each.consume(handler, { concurrency: 20 }),
  );
  onTestFinished(() => Promise.all(consumers.map((each) => each.stop())).then(() => {}));

  // One place is kept for the list of the queue's name.
  await eventually(() => running === 7);
  await eventually(async () => (await queue.stats()).active === 7);
  release.resolve();
  await eventually(() => handled === 400, 10_000);
  await expect(queue.limits.set({ concurrency: 3 })).rejects.toThrow(/concurrency.*at least 4/);
  await expect(queue.limits.set({ rate: { max: 2, perMs: 1000 } })).rejects.toThrow(/rate\.max/);
  expect(await queue.limits.clear()).toBe(true);
  expect(await queue.limits.get()).toEqual({});
});

it('batches are filled from each partition, and are as large as they may be', async () => {
  const queue = redis.queue<number>({ partitions: 2 });
  const ofPartitions = Array.from({ length: 4 }, () =>
    Array.from({ length: 50 }, (_, body) => ({ body })),
  );
  for (const items of ofPartitions) await queue.sendBatch(items);
  const sizes: number[] = [];
  const consumer = queue.consumeBatch((all) => void sizes.push(all.length), {
    max: 50,
    maxWaitMs: 60_000,
  });
  onTestFinished(() => consumer.stop());

  await eventually(() => sizes.reduce((sum, size) => sum + size, 0) === 200);
  expect(sizes).toEqual([50, 50, 50, 50]);
});

it('a flow has members in all partitions, and continues in one of them, once', async () => {
  const { Flow } = await import('../src/index.js');
  const queue = redis.queue<string>({ partitions: 3 });
  const ends: unknown[] = [];
  const consumer = queue.consume(({ body, flowEnd }) => {
    if (body === 'end') ends.push(flowEnd);
  });
  onTestFinished(() => consumer.stop());
  const flow = await Flow.open({ connection: queue.connection, then: { queue, body: 'end' } });
  for (let n = 0; n < 20; n += 1) await flow.send(queue, `member ${n}`);
  await flow.close();

  await eventually(() => ends.length > 0);
  expect(ends).toMatchObject([{ done: 20, dead: 0 }]);
});

it('what follows an acknowledgement arrives, once, in the partition of its key', async () => {
  const queue = redis.queue<number>({ partitions: 3 });
  const next = redis.queue<number>({ connection: queue.connection, partitions: 3 });
  const handled: number[] = [];
  const consumers = [
    queue.consume(async (delivery) => {
      const key = `key ${delivery.body % 5}`;
      await delivery.ack({ send: [{ queue: next, body: delivery.body, key }] });
    }),
    next.consume(({ body }) => void handled.push(body), { concurrency: 5 }),
  ];
  onTestFinished(() => Promise.all(consumers.map((each) => each.stop())).then(() => {}));
  for (let n = 0; n < 40; n += 1) await queue.send(n);

  await eventually(() => handled.length === 40);
  expect(new Set(handled).size).toBe(40);
});

it('a consumer stops in all partitions, and leaves nothing behind', async () => {
  const queue = redis.queue<number>({ partitions: 3 });
  const handled: number[] = [];
  const consumer = queue.consume(({ body }) => void handled.push(body));
  for (let n = 0; n < 12; n += 1) await queue.send(n);
  await eventually(() => handled.length === 12);
  await consumer.stop();

  expect(await queue.consumers()).toEqual([]);
  expect(await queue.stats()).toMatchObject({ pending: 0, active: 0, consumers: 0 });
  await queue.destroy();
  const left = (await queue.connection.call('KEYS', [`*${queue.name}*`])) as Buffer[];
  expect(left.map(String)).toEqual([]);
});

it('a number of partitions that cannot be is refused', () => {
  const connection = redis.connection();
  for (const partitions of [0, 129, 1.5, '3', Number.NaN]) {
    expect(() => new Queue('q', { connection, partitions: partitions as number })).toThrow(
      /partitions/,
    );
  }
});

it('equal numbers of partitions lie in equal parts of the slots', () => {
  for (const name of ['jobs', 'emails', 'a', 'a long name with spaces: 7']) {
    for (const partitions of [2, 3, 4, 6, 8, 9, 12]) {
      const masters = Array.from({ length: partitions }, (_, at) =>
        Math.floor((keySlot(partitionList(name, at)) * partitions) / 16_384),
      );
      expect(new Set(masters).size).toBe(partitions);
    }
  }
  // As Redis has it.
  expect(keySlot('{user1000}.following')).toBe(3443);
  expect(keySlot('foo')).toBe(12_182);
});

it('a schedule has its ticks in the partition of its key, and is found wherever it is', async () => {
  const queue = redis.queue<string>({ partitions: 3 });
  const from = new Date(Date.now() - 60_000);
  const every = { everyMs: 3_600_000, from };
  await queue.schedules.set('plain', { ...every, body: 'plain' });
  for (let n = 0; n < 4; n += 1) {
    await queue.schedules.set(`keyed ${n}`, { ...every, body: `keyed ${n}`, key: `key ${n}` });
  }
  const names = (await queue.schedules.list()).map(({ name }) => name);
  expect(names).toEqual(['keyed 0', 'keyed 1', 'keyed 2', 'keyed 3', 'plain']);
  expect((await queue.stats()).schedules).toBe(5);
  for (const name of names) {
    expect(await queue.schedules.get(name)).toMatchObject({ name, body: name });
    expect(await queue.schedules.next(name, 2)).toHaveLength(2);
    expect(await queue.schedules.pause(name)).toBe(true);
    expect(await queue.schedules.resume(name)).toBe(true);
    expect(await queue.schedules.runNow(name)).toMatch(/@run-/);
  }
  const keyed = await queue.stats({ key: 'key 1' });
  expect(keyed.pending).toBe(1);

  // With another key it goes to another partition, and is there once.
  await queue.schedules.set('keyed 1', { ...every, body: 'moved', key: 'another key' });
  expect((await queue.schedules.list()).map(({ name }) => name)).toEqual(names);
  expect(await queue.schedules.get('keyed 1')).toMatchObject({ body: 'moved', ticks: 0 });
  for (const name of names) expect(await queue.schedules.remove(name)).toBe(true);
  expect(await queue.schedules.list()).toEqual([]);
  expect(await queue.schedules.remove('plain')).toBe(false);
  await expect(queue.schedules.pause('plain')).rejects.toThrow(/no schedule "plain"/);
});

it('a scheduler sends what is due in all partitions, also when there is no consumer', async () => {
  const queue = redis.queue<number>({ partitions: 3 });
  await queue.stats();
  const { Scheduler } = await import('../src/index.js');
  const scheduler = new Scheduler({ connection: redis.connection(), queues: [queue.name] });
  onTestFinished(() => scheduler.close());
  for (let n = 0; n < 6; n += 1) await queue.send(n, { delayMs: 50, key: `key ${n}` });

  await eventually(async () => (await queue.stats()).pending === 6);
  expect((await queue.stats()).delayed).toBe(0);
});

it('consumeAll has turns for a queue with partitions as for any other', async () => {
  const { consumeAll } = await import('../src/index.js');
  const connection = redis.connection();
  const large = redis.queue<string>({ connection, partitions: 3 });
  const small = redis.queue<string>({ connection });
  for (let n = 0; n < 40; n += 1) await large.send('large');
  await small.sendBatch(Array.from({ length: 40 }, () => ({ body: 'small' })));
  const handled: string[] = [];
  const queues = new Map([
    [large, 3],
    [small, 1],
  ]);
  const consumer = consumeAll(queues, { concurrency: 4 }, ({ body }) => void handled.push(body));
  onTestFinished(() => consumer.stop());

  await eventually(() => handled.length === 80);
  // While both have some, of four starts three are of the larger one.
  const first = handled.slice(0, 40).filter((body) => body === 'large').length;
  expect(first).toBeGreaterThanOrEqual(25);
  expect(first).toBeLessThanOrEqual(33);
});

it('a test drains a queue with partitions, and moves the time to what is due in any of them', async () => {
  const { startRedis } = await import('@redpost/core/embedded');
  const { connect } = await import('@redpost/core');
  const { drain, FakeClock } = await import('../src/testing/index.js');
  const own = await startRedis();
  onTestFinished(() => own.stop());
  const plain = connect(own.url);
  onTestFinished(() => plain.close());
  const clock = await FakeClock.on(plain);
  const queue = new Queue<number>('q', { connection: clock.connection, partitions: 3 });
  onTestFinished(() => queue.close());
  for (let n = 0; n < 6; n += 1) await queue.send(n, { key: `key ${n}`, delayMs: 60_000 * n });
  const bodies: number[] = [];

  expect(await drain(queue, ({ body }) => void bodies.push(body), { clock })).toMatchObject({
    handled: 6,
    acked: 6,
  });
  expect(bodies).toEqual([0, 1, 2, 3, 4, 5]);
});
