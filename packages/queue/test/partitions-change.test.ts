import { expect, it, onTestFinished } from 'vitest';
import { eventually } from '../../../tooling/eventually.js';
import { keysAt } from '../src/keys.js';
import { forgetDrained } from '../src/partitions/drained.js';
import { partitionList } from '../src/partitions/partition-list.js';
import { partitionOf } from '../src/partitions/partition-of.js';
import { Partitions } from '../src/partitions/partitions.js';
import { deferred } from './support/in-redis.js';
import { type TestQueue, useRedis } from './support/use-redis.js';

const redis = useRedis();

/** Handles messages `[key, number]`, and notes those that come out of the order of their key, or while another one of it is handled. */
function watchOrder(queues: readonly TestQueue<[string, number]>[], concurrency = 10) {
  const last = new Map<string, number>();
  const busy = new Set<string>();
  const wrong: string[] = [];
  let count = 0;
  const consumers = queues.map((queue) =>
    queue.consume(
      async ({ body: [key, n], key: own }) => {
        if (busy.has(key)) wrong.push(`two of ${key} at a time`);
        if (own !== key) wrong.push(`${key} came as ${own}`);
        busy.add(key);
        await new Promise(setImmediate);
        busy.delete(key);
        if (n !== (last.get(key) ?? -1) + 1) wrong.push(`${key}: ${n} after ${last.get(key)}`);
        last.set(key, n);
        count += 1;
      },
      { concurrency },
    ),
  );
  onTestFinished(() => Promise.all(consumers.map((each) => each.stop())).then(() => {}));
  return {
    wrong,
    get count() {
      return count;
    },
  };
}

/** As if the last step of a change had been long ago. */
async function changedLongAgo<Body>({ connection, name }: TestQueue<Body>): Promise<void> {
  await connection.call('HSET', [`{${name}}:shape`, 'partitions_since', 1]);
}

/** Looks whether anything waits where it went before, as consumers do from time to time. True when the number may change again. */
async function look<Body>({ connection, name }: TestQueue<Body>): Promise<boolean> {
  const contextOf = (of: ReturnType<typeof keysAt>) => ({ name, connection, keys: of }) as never;
  const partitions = new Partitions(contextOf(keysAt(name)), contextOf);
  await partitions.reread();
  return forgetDrained(partitions.known, partitions.division.count);
}

/** Resolves when nothing waits where it went before, and all producers know that. */
async function isOver<Body>(queue: TestQueue<Body>): Promise<void> {
  for (const isLast of [false, true]) {
    await changedLongAgo(queue);
    await eventually(
      async () => (await look(queue)) || (!isLast && (await isKnown(queue))),
      10_000,
    );
  }
}

/** Whether producers are told that nothing waits where it went before. */
async function isKnown<Body>({ connection, name }: TestQueue<Body>): Promise<boolean> {
  const fields = ['partitions', 'partitions_before'];
  const read = await connection.call('HMGET', [`{${name}}:shape`, ...fields]);
  const [count, before] = (read as (Buffer | null)[]).map(String);
  return before === count;
}

const keys = Array.from({ length: 20 }, (_, n) => `key ${n}`);

it('a queue with messages is divided, and keys keep their order', async () => {
  const queue = redis.queue<[string, number]>();
  let sent = 0;
  const sendAll = async () => {
    await Promise.all(keys.map((key) => queue.send([key, sent], { key })));
    sent += 1;
  };
  for (let n = 0; n < 5; n += 1) await sendAll();
  expect(await queue.partitions.set(3)).toMatchObject({ count: 3, isMoving: true });
  for (let n = 0; n < 5; n += 1) await sendAll();
  const order = watchOrder([queue, redis.otherEnd(queue)]);
  for (let n = 0; n < 15; n += 1) await sendAll();

  await eventually(() => order.count === 500);
  expect(order.wrong).toEqual([]);
  await eventually(async () => (await queue.stats()).active === 0);
  expect(await queue.stats()).toMatchObject({ pending: 0, active: 0, total: { acked: 500 } });
});

it('the number of partitions grows and shrinks under load, and keys keep their order', async () => {
  const queue = redis.queue<[string, number]>({ partitions: 2 });
  const order = watchOrder([redis.otherEnd(queue), redis.otherEnd(queue)]);
  let sent = 0;
  for (const partitions of [5, 3, 6, 1, 4]) {
    // One of them learns of the change, and the other one does not.
    const producers = [queue, redis.otherEnd(queue)];
    for (let n = 0; n < 8; n += 1, sent += 1) {
      if (n === 4) expect((await queue.partitions.set(partitions)).count).toBe(partitions);
      const producer = producers[n % 2] as TestQueue<[string, number]>;
      await Promise.all(keys.map((key) => producer.send([key, sent], { key })));
    }
    await expect(queue.partitions.set(100)).rejects.toMatchObject({ code: 'PARTITIONS_MOVING' });
    await isOver(queue);
  }

  await eventually(() => order.count === sent * keys.length, 10_000);
  expect(order.wrong).toEqual([]);
  expect((await queue.partitions.get()).lists).toHaveLength(7);
});

it('what is delayed, retried or redriven in a former partition is handled by the one of its key', async () => {
  const queue = redis.queue<string>({ partitions: 2 });
  const moved = keys.find((key) => partitionOf(key, 2) !== partitionOf(key, 5)) as string;
  await queue.send('delayed', { key: moved, delayMs: 200 });
  await queue.send('dead', { key: moved });
  await (await queue.receive({ timeoutMs: 5000 }))?.deadLetter();
  await queue.partitions.set(5);
  const handled: string[] = [];
  const attempts: number[] = [];
  const consumer = queue.consume(
    ({ body, attempt, key }) => {
      if (attempt === 1) throw new Error('not yet');
      attempts.push(attempt);
      handled.push(`${body} ${key}`);
    },
    { backoff: () => 10 },
  );
  onTestFinished(() => consumer.stop());
  expect(await queue.deadLetters.count()).toBe(1);
  await queue.deadLetters.redrive();

  await eventually(() => handled.length === 2);
  expect(handled.sort()).toEqual([`dead ${moved}`, `delayed ${moved}`]);
  expect(attempts).toEqual([2, 2]);
});

it('a key whose message is active waits in the former partition, and goes on in the new one', async () => {
  const queue = redis.queue<number>({ partitions: 2 });
  const key = keys.find((each) => partitionOf(each, 2) !== partitionOf(each, 5)) as string;
  const release = deferred();
  const events: string[] = [];
  const consumer = queue.consume(
    async ({ body }) => {
      events.push(`begin ${body}`);
      if (body === 0) await release.promise;
      events.push(`end ${body}`);
    },
    { concurrency: 5 },
  );
  onTestFinished(() => consumer.stop());
  await queue.send(0, { key });
  await eventually(() => events.length === 1);
  await queue.partitions.set(5);
  await queue.send(1, { key });
  await queue.send(2, { key });
  await queue.send(3);
  await eventually(() => events.includes('end 3'));
  expect(events).toEqual(['begin 0', 'begin 3', 'end 3']);
  release.resolve();

  await eventually(() => events.includes('end 2'));
  expect(events.filter((event) => !event.endsWith('3'))).toEqual([
    ...['begin 0', 'end 0', 'begin 1', 'end 1', 'begin 2', 'end 2'],
  ]);
});

it('members of flows and messages that are sent once stay what they are when they are sent on', async () => {
  const { Flow } = await import('../src/index.js');
  const queue = redis.queue<string>({ partitions: 2 });
  const flow = await Flow.open({ connection: queue.connection, then: { queue, body: 'end' } });
  await Promise.all(keys.map((key) => flow.send(queue, `member of ${key}`, { key })));
  await flow.close();
  await eventually(async () => (await queue.stats()).pending === 20);
  const once = { key: 'once', until: 'done' as const };
  const moved = keys.find((each) => partitionOf(each, 2) !== partitionOf(each, 5)) as string;
  const id = await queue.send('once', { key: moved, once });
  await queue.partitions.set(5);
  expect(await queue.send('again', { key: moved, once })).toBe(id);
  const release = deferred();
  const ends: unknown[] = [];
  const started: string[] = [];
  const consumer = queue.consume(
    async ({ body, flowEnd }) => {
      started.push(body);
      if (body === 'once') await release.promise;
      if (flowEnd) ends.push(flowEnd);
    },
    { concurrency: 30 },
  );
  onTestFinished(() => consumer.stop());

  await eventually(() => ends.length === 1);
  expect(ends).toMatchObject([{ done: 20, dead: 0, expired: 0, cancelled: 0 }]);
  await eventually(() => started.includes('once'));
  expect(await queue.send('again', { key: moved, once })).toBe(id);
  release.resolve();
  await eventually(async () => (await queue.stats()).active === 0);
  expect(await queue.send('another', { key: moved, once })).not.toBe(id);
});

it('a new partition has the limits, the pause, the bounds and the history of the queue', async () => {
  const queue = redis.queue<number>({ partitions: 2 });
  await queue.limits.set({ concurrency: 12, rate: { max: 600, perMs: 1000 }, keyMaxLength: 7 });
  await queue.deadLetters.setBounds({ maxLength: 100, maxAgeMs: 60_000 });
  await queue.history.set({ maxLength: 50 });
  await queue.pause({ reason: 'to see' });
  await queue.pauseKey('a key');
  await queue.partitions.set(4);

  expect(await queue.limits.get()).toEqual({
    concurrency: 12,
    rate: { max: 600, perMs: 1000, burst: 0 },
    keyMaxLength: 7,
  });
  const shape = async (index: number) => {
    const key = `${partitionList(queue.name, index)}:queue:shape`;
    const fields = (await queue.connection.call('HGETALL', [key])) as Buffer[];
    const entries = Array.from({ length: fields.length / 2 }, (_, n) => [
      String(fields[2 * n]),
      String(fields[2 * n + 1]),
    ]);
    return Object.fromEntries(entries);
  };
  const shapes = await Promise.all([0, 1, 2, 3].map(shape));
  expect(shapes.map(({ concurrency }) => Number(concurrency))).toEqual([3, 3, 3, 2]);
  expect(shapes.map(({ rate_max }) => Number(rate_max))).toEqual([150, 150, 150, 149]);
  for (const each of shapes) {
    expect(each).toMatchObject({
      ...{ dead_max_length: '25', dead_max_age_ms: '60000', history_max_length: '13' },
      ...{ key_max_length: '7', paused_reason: 'to see', 'paused_key:a key': '' },
    });
  }
  await expect(queue.partitions.set(12)).rejects.toMatchObject({ code: 'PARTITIONS_MOVING' });
  await isOver(queue);
  await expect(queue.partitions.set(12)).rejects.toThrow(/concurrency.*at least 13/);
  expect((await queue.partitions.get()).count).toBe(4);
});

it('when nothing waits in former partitions any more, producers do not ask for them', async () => {
  const queue = redis.queue<[string, number]>({ partitions: 2 });
  await Promise.all(keys.map((key) => queue.send([key, 0], { key })));
  await queue.partitions.set(5);
  await changedLongAgo(queue);
  expect(await look(queue)).toBe(false);
  expect(await isKnown(queue)).toBe(false);
  expect((await queue.partitions.get()).isMoving).toBe(true);
  const order = watchOrder([redis.otherEnd(queue)]);
  await eventually(() => order.count === 20);
  await isOver(queue);

  expect((await queue.partitions.get()).isMoving).toBe(false);
  await Promise.all(keys.map((key) => queue.send([key, 1], { key })));
  await eventually(() => order.count === 40);
  expect(order.wrong).toEqual([]);
});

it('the number changes again only when all producers know that nothing waits in former partitions', async () => {
  const queue = redis.queue<string>({ partitions: 5 });
  await queue.partitions.set(3);
  const isRefused = (reason: string) =>
    expect(queue.partitions.set(6)).rejects.toMatchObject({
      code: 'PARTITIONS_MOVING',
      message: expect.stringContaining(reason),
    });
  await isRefused('may still wait');
  await changedLongAgo(queue);
  await isRefused('producers are being told');
  // Not all have read it.
  expect(await isKnown(queue)).toBe(true);
  await isRefused('producers are being told');
  expect((await queue.partitions.get()).isMoving).toBe(true);
  await changedLongAgo(queue);

  expect(await queue.partitions.set(6)).toMatchObject({ count: 6, isMoving: true });
});

it('a message whose body is still being validated when the number changes stays behind those before it', async () => {
  const release = deferred();
  const slow = {
    '~standard': {
      version: 1 as const,
      vendor: 'test',
      validate: async (value: unknown) => {
        if (value === 2) await release.promise;
        return { value: value as number };
      },
    },
  };
  const queue = redis.queue<number>({ partitions: 2, schema: slow } as never);
  const key = keys.find((each) => partitionOf(each, 2) !== partitionOf(each, 5)) as string;
  await queue.send(0, { key });
  await queue.send(1, { key });
  const sends = [queue.send(2, { key }), queue.send(3, { key })];
  await queue.partitions.set(5);
  sends.push(queue.send(4, { key }));
  release.resolve();
  await Promise.all(sends);
  const handled: number[] = [];
  const consumer = redis.otherEnd(queue).consume(({ body }) => void handled.push(body));
  onTestFinished(() => consumer.stop());

  await eventually(() => handled.length === 5);
  expect(handled).toEqual([0, 1, 2, 3, 4]);
});

it('a queue that is destroyed and used again is divided as its options say, and otherwise not', async () => {
  const queue = redis.queue<number>({ partitions: 3 });
  await queue.send(0);
  await queue.destroy();
  await queue.send(1);
  expect(await queue.stats()).toMatchObject({ partitions: 3, pending: 1 });
  const other = redis.otherEnd(queue);
  await other.stats();
  await other.destroy();
  await other.send(2);

  expect(await other.stats()).toMatchObject({ partitions: undefined, pending: 1 });
  expect(await queue.connection.call('LLEN', [queue.name])).toBe(1);
});

it('what is sent to partitions after another process has destroyed the queue is found', async () => {
  const queue = redis.queue<number>({ partitions: 3 });
  await queue.send(0, { key: 'a' });
  const watching = redis.otherEnd(queue);
  await watching.stats();
  await redis.otherEnd(queue).destroy();
  await queue.send(1, { key: 'a' });
  // Who only looks does not bring the queue back.
  await watching.partitions.get();
  expect(await queue.connection.call('EXISTS', [`{${queue.name}}:shape`])).toBe(0);
  const handled: number[] = [];
  const consumer = redis.otherEnd(queue).consume(({ body }) => void handled.push(body));
  onTestFinished(() => consumer.stop());
  // As it does at its next send after half a minute.
  await queue.partitions.get();

  await eventually(() => handled.length === 1);
  expect(handled).toEqual([1]);
  expect(await queue.partitions.get()).toMatchObject({ count: 3 });
});
