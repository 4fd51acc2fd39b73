import { text } from '@redpost/core';
import { expect, it } from 'vitest';
import { hasNumber, hasNumberSlowly } from '../../../tooling/schemas.js';
import { PartitionCountError } from '../src/index.js';
import { useTopics } from './support/topics.js';

const redis = useTopics();

type Entry = [offset: Buffer, fields: Buffer[]];

async function entries(topic: { name: string; connection: ReturnType<typeof redis.connection> }) {
  const reply = (await topic.connection.call('XRANGE', [topic.name, '-', '+'])) as Entry[];
  return reply.map(([offset, fields]) => [String(offset), ...fields.map(String)]);
}

it('a record is an entry of the stream of the same name, with only the fields that are set', async () => {
  const topic = redis.topic();

  const plain = await topic.publish({ a: 1 });
  const full = await topic.publish({ a: 2 }, { key: 'k', headers: { trace: 't' }, id: 'once' });

  expect(await entries(topic)).toEqual([
    [plain, 'body', '{"a":1}'],
    [full, 'body', '{"a":2}', 'key', 'k', 'headers', '{"trace":"t"}', 'id', 'once'],
  ]);
});

it('publishes of one tick leave fifty by fifty, and each resolves to its own offset', async () => {
  const topic = redis.topic<number>();
  await topic.publish(0);
  await topic.connection.call('CONFIG', ['RESETSTAT']);

  const offsets = await Promise.all(Array.from({ length: 500 }, (_, n) => topic.publish(n + 1)));

  const stats = String(await topic.connection.call('INFO', ['commandstats']));
  expect(/cmdstat_eval:calls=(\d+)/.exec(stats)?.[1]).toBe('10');
  const stored = await entries(topic);
  expect(stored.slice(1).map(([offset]) => offset)).toEqual(offsets);
  expect(stored.map(([, , body]) => Number(body))).toEqual(
    Array.from({ length: 501 }, (_, n) => n),
  );
});

it('a second publish of an id within the window adds nothing and resolves to the same offset', async () => {
  const topic = redis.topic<string>();
  const [first, second] = await Promise.all([
    topic.publish('one', { id: 'x' }),
    topic.publish('two', { id: 'x' }),
  ]);
  const third = await topic.publish('three', { id: 'x' });
  const other = await topic.publish('four', { id: 'y' });

  expect([second, third]).toEqual([first, first]);
  expect((await entries(topic)).map(([, , body]) => body)).toEqual(['"one"', '"four"']);
  expect(other).not.toBe(first);
});

it('ids are dropped after two windows, and when a window is full', async () => {
  const topic = redis.topic<string>({ deduplication: { windowMs: 60_000, maxIds: 2 } });
  const first = await topic.publish('1', { id: 'a' });
  await topic.publish('2', { id: 'b' });
  await topic.publish('3', { id: 'c' });
  expect(await topic.publish('again', { id: 'a' })).toBe(first);
  await topic.publish('4', { id: 'd' });
  await topic.publish('5', { id: 'e' });

  expect(await topic.publish('new', { id: 'a' })).not.toBe(first);
  const keys = [`{${topic.name}}:ids`, `{${topic.name}}:ids:former`];
  for (const key of keys) {
    expect(Number(await topic.connection.call('HLEN', [key]))).toBeLessThanOrEqual(2);
    const ttl = Number(await topic.connection.call('PTTL', [key]));
    expect(ttl).toBeGreaterThan(0);
    expect(ttl).toBeLessThanOrEqual(120_000);
  }
});

it('an id is still known when the window has turned once', async () => {
  const topic = redis.topic<string>({ deduplication: { windowMs: 60_000 } });
  const first = await topic.publish('1', { id: 'a' });
  // As if 70 s had passed.
  await topic.connection.call('PEXPIRE', [`{${topic.name}}:ids`, 50_000]);
  await topic.publish('2', { id: 'b' });

  expect(await topic.publish('again', { id: 'a' })).toBe(first);
  expect(Number(await topic.connection.call('HLEN', [`{${topic.name}}:ids:former`]))).toBe(1);
});

it('each record of a batch has an outcome of its own', async () => {
  const topic = redis.topic<{ n: number }>({ schema: hasNumber });
  const bad = { n: 'no' } as unknown as { n: number };

  const [first, second, third] = await topic.publishBatch([
    { body: { n: 1 } },
    { body: bad },
    { body: { n: 3 }, key: '' },
  ]);

  expect(first).toMatchObject({ status: 'published' });
  expect(second).toMatchObject({ status: 'failed', error: { code: 'VALIDATION' } });
  expect(third).toMatchObject({ status: 'failed', error: { code: 'INVALID_ARGUMENT' } });
  expect((await entries(topic)).length).toBe(1);
});

it('a slow schema does not let a later record overtake an earlier one', async () => {
  const topic = redis.topic<{ n: number }>({ schema: hasNumberSlowly });
  await Promise.all(Array.from({ length: 12 }, (_, n) => topic.publish({ n })));

  expect((await entries(topic)).map(([, , body]) => JSON.parse(body ?? '').n)).toEqual(
    Array.from({ length: 12 }, (_, n) => n),
  );
});

it('no record overtakes one that had to wait, at any moment', async () => {
  const topic = redis.topic<{ n: number }>({ schema: hasNumberSlowly });
  await topic.publish({ n: 1 });
  for (let moment = 0; moment < 20; moment += 1) {
    const slow = topic.publish({ n: 20 });
    for (let passed = 0; passed < moment; passed += 1) await undefined;
    await Promise.all([slow, topic.publish({ n: 21 })]);
  }

  const bodies = (await entries(topic)).slice(1).map(([, , body]) => JSON.parse(body ?? '').n);
  expect(bodies).toEqual(Array.from({ length: 20 }, () => [20, 21]).flat());
});

it('the deadline of a publish is also that of retention', async () => {
  const deadlines: unknown[] = [];
  const connection = redis.connection();
  const noted = new Proxy(connection, {
    get(target, name) {
      const value = Reflect.get(target, name) as unknown;
      if (name !== 'run') return typeof value === 'function' ? value.bind(target) : value;
      return (script: { name: string }, input: never, options?: { timeoutMs?: number }) => {
        if (script.name === 'trim') deadlines.push(options?.timeoutMs);
        return connection.run(script as never, input, options);
      };
    },
  });
  const options = { connection: noted, retention: { maxLength: 10 }, publishTimeoutMs: 5000 };
  await redis.topic(options).publish(1);

  expect(deadlines).toEqual([5000]);
});

it('publishes no body, key, id or header that cannot be', async () => {
  const topic = redis.topic<unknown>();
  const invalid = { code: 'INVALID_ARGUMENT' };
  await expect(topic.publish(undefined)).rejects.toMatchObject({ code: 'ENCODE' });
  await expect(topic.publish(1, { key: '' })).rejects.toMatchObject(invalid);
  await expect(topic.publish(1, { id: '' })).rejects.toMatchObject(invalid);
  await expect(topic.publish(1, { id: 'x'.repeat(513) })).rejects.toMatchObject(invalid);
  await expect(topic.publish(1, { headers: new Map() as never })).rejects.toMatchObject(invalid);
  expect(() => redis.topic({ name: 'a{b}' })).toThrow(expect.objectContaining(invalid));
  expect(() => redis.topic({ name: '' })).toThrow(expect.objectContaining(invalid));
  expect(() => redis.topic({ partitions: 0 })).toThrow(expect.objectContaining(invalid));
  expect(() => redis.topic({ retention: { maxLength: 0 } })).toThrow(
    expect.objectContaining(invalid),
  );
});

it('a key that is not a stream gives a typed error', async () => {
  const topic = redis.topic();
  await topic.connection.call('RPUSH', [topic.name, 'x']);
  await expect(topic.publish(1)).rejects.toMatchObject({ code: 'WRONG_TYPE' });
});

it('opening a topic with another number of partitions is refused, and says how many there are', async () => {
  const topic = redis.topic({ partitions: 4 });
  await topic.publish(1);

  const other = redis.topic({ name: topic.name, partitions: 8 });
  const refused = await other.publish(1).catch((error) => error);
  expect(refused).toBeInstanceOf(PartitionCountError);
  expect(refused).toMatchObject({ code: 'PARTITION_COUNT', partitions: 4 });
  const without = redis.topic({ name: topic.name });
  await expect(without.read().next()).rejects.toMatchObject({ partitions: 4 });
  await expect(redis.topic({ name: topic.name, partitions: 4 }).publish(1)).resolves.toBeTruthy();
});

it('a key always goes to the same partition, and records without one are spread', async () => {
  const topic = redis.topic<number>({ partitions: 4 });
  await Promise.all(Array.from({ length: 40 }, (_, n) => topic.publish(n, { key: `k${n % 5}` })));
  await Promise.all(Array.from({ length: 40 }, (_, n) => topic.publish(n)));

  const byKey = new Map<string, Set<number>>();
  const unkeyed = new Set<number>();
  for (let partition = 0; partition < 4; partition += 1) {
    const stream = `{${topic.name}:${partition}}:partition`;
    for (const [, ...fields] of await entries({
      ...topic,
      name: stream,
      connection: topic.connection,
    })) {
      const key = fields[3];
      if (key) byKey.set(key, (byKey.get(key) ?? new Set()).add(partition));
      else unkeyed.add(partition);
    }
  }
  expect(byKey.size).toBe(5);
  expect([...byKey.values()].every(({ size }) => size === 1)).toBe(true);
  expect(unkeyed.size).toBe(4);
});

it('close waits for pending publishes, and rejects later ones', async () => {
  const topic = redis.topic<string>({ codec: text() });
  const published = topic.publish('x');
  await topic.close();

  await expect(published).resolves.toMatch(/^\d+-\d+$/);
  await expect(topic.publish('y')).rejects.toMatchObject({ code: 'CLOSED' });
  expect(() => topic.read()).toThrow(expect.objectContaining({ code: 'CLOSED' }));
});

it('a batch resolves to the partition and the offset of each record, also of one that was there before', async () => {
  const topic = redis.topic<number>({ partitions: 3 });
  const items = Array.from({ length: 30 }, (_, n) => ({ body: n, id: `${n}` }));
  const places = await topic.publishBatch(items);

  const found = new Map<string, number>();
  for await (const { partition, offset, body } of topic.read({ from: 'beginning' })) {
    found.set(`${partition} ${offset}`, body);
    if (found.size === items.length) break;
  }
  const bodies = places.map((place) =>
    place.status === 'published' ? found.get(`${place.partition} ${place.offset}`) : undefined,
  );
  expect(bodies).toEqual(items.map(({ body }) => body));

  expect(await topic.publishBatch(items)).toEqual(places);
  await topic.partitions.set(5);
  expect(await topic.publishBatch(items)).toEqual(places);
});
