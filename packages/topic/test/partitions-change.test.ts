import { fixed } from '@redpost/core';
import { expect, it } from 'vitest';
import { eventually } from '../../../tooling/eventually.js';
import { interposed } from '../../../tooling/interposed.js';
import { listTopics } from '../src/index.js';
import { fill, HandledRecords, keyOf, numbers } from './support/handled-records.js';
import { deferred, openTopic, type TestTopic, take, useTopics } from './support/topics.js';

const redis = useTopics();
/** A consumer that has its leases renewed rarely, so that only signals can wake it. */
const options = { concurrency: 10, leaseMs: 60_000 };

it.each([
  { from: undefined, to: 4 },
  { from: 1, to: 4 },
  { from: 2, to: 5 },
  { from: 5, to: 2 },
  { from: 4, to: 1 },
])('from $from to $to partitions, while it works: keys keep their order', async ({ from, to }) => {
  const topic = redis.topic<number>({ partitions: from });
  const reading = topic.read({ from: 'beginning' });
  // Without partitions there is no order in a group.
  const handled = new HandledRecords();
  const concurrency = from === undefined ? 1 : 10;
  const consume = (end: TestTopic<number>) =>
    end.group('g').consume((delivery) => handled.handle(delivery), { ...options, concurrency });
  consume(topic);
  const other = redis.topic<number>({ name: topic.name, partitions: from });
  if (from !== undefined) consume(other);
  await fill(topic, 100);
  const publishing = (async () => {
    for (let n = 1; n < 6; n += 1) await fill(topic, 100, n * 100);
  })();
  const info = await redis.topic<number>({ name: topic.name, partitions: from }).partitions.set(to);
  await publishing;
  await eventually(() => handled.count === 600);

  expect(info.count).toBe(to);
  handled.expectOrder(600);
  await eventually(async () => (await topic.partitions.get()).isMoving === false);
  const read = new HandledRecords();
  for (const record of await take(reading, 600)) await read.handle(record);
  read.expectOrder(600);
  expect(await topic.group('g').stats()).toMatchObject({ lag: 0, pending: 0, dead: 0 });
  expect(await topic.stats()).toEqual({ length: 600, cut: 0 });
});

it('programs with any number go on, and new ones learn the number', async () => {
  const topic = redis.topic<number>({ partitions: 2 });
  await topic.publish(1, { key: 'k' });
  const old = redis.topic<number>({ name: topic.name, partitions: 2 });
  await old.publish(2, { key: 'k' });
  await topic.partitions.set(3);

  // Nothing is published to former partitions once something is in the new ones.
  await redis.topic<number>({ name: topic.name }).publish(3, { key: 'k' });
  await old.publish(4, { key: 'k' });
  const last = redis.topic<number>({ name: topic.name, partitions: 7 });
  await last.publish(5, { key: 'k' });

  const info = await last.partitions.get();
  expect(info).toMatchObject({ count: 3, isMoving: false });
  expect(info.partitions.map(({ partition }) => partition)).toEqual([0, 1, 2, 3, 4]);
  expect(info.partitions.map(({ isFormer }) => isFormer)).toEqual([
    true,
    true,
    false,
    false,
    false,
  ]);
  const read = await take(topic.read({ from: 'beginning' }), 5);
  expect(read.map(({ body }) => body)).toEqual([1, 2, 3, 4, 5]);
  expect((await topic.partitions.stats()).map(({ length }) => length)).toHaveLength(5);
  const listed = await listTopics(topic.connection);
  expect(listed).toContainEqual(expect.objectContaining({ name: topic.name, partitions: 3 }));
});

it('no record overtakes another one of its key, also of those that were on their way', async () => {
  const topic = redis.topic<number>({ partitions: 3 });
  const other = redis.topic<number>({ name: topic.name, partitions: 3 });
  await topic.publish(0, { key: 'k' });
  let isPublishing = true;
  const published: Promise<string>[] = [];
  const publishing = (async () => {
    for (let n = 1; isPublishing; n += 1) {
      published.push(topic.publish(n, { key: keyOf(n) }));
      // Several calls are on their way, and the batches have some, at any time.
      if (n % 40 === 0) await new Promise(setImmediate);
    }
  })();
  for (const count of [4, 2, 5, 1, 3]) {
    await eventually(() => published.length > 500);
    await other.partitions.set(count);
    published.splice(0);
  }
  isPublishing = false;
  await publishing;
  await Promise.all(published);

  const { length } = await topic.stats();
  const read = new HandledRecords();
  for (const record of await take(topic.read({ from: 'beginning' }), length)) {
    read.byKey.set(record.key ?? '', [...(read.byKey.get(record.key ?? '') ?? []), record.body]);
  }
  read.expectOrder(length);
  expect(topic.errors).toEqual([]);
});

it('what was refused is published before what comes later, also when an answer is late', async () => {
  const other = redis.topic<number>({ partitions: 1 });
  const [refused, late] = [deferred(), deferred()];
  let calls = 0;
  const connection = interposed(redis.connection(), async (script, run) => {
    if (script !== 'publish') return run();
    calls += 1;
    const call = calls;
    if (call === 3) await late.promise;
    const answer = await run();
    if (call === 2) await refused.promise;
    return answer;
  });
  const topic = openTopic<number>(other.name, { connection, partitions: 1 });
  await topic.publish(0, { key: 'k' });
  await other.partitions.set(2);
  const published = [topic.publish(1, { key: 'k' })];
  await new Promise(setImmediate);
  published.push(topic.publish(2, { key: 'k' }));
  await eventually(() => calls === 3);
  refused.resolve();
  // Longer than it takes to ask where to publish.
  for (let n = 0; n < 5; n += 1) await other.partitions.get();
  published.push(topic.publish(3, { key: 'k' }));
  for (let n = 0; n < 5; n += 1) await other.partitions.get();
  late.resolve();
  await Promise.all(published);

  const read = await take(other.read({ from: 'beginning' }), 4);
  expect(read.map(({ body }) => body)).toEqual([0, 1, 2, 3]);
});

/** A topic whose changes of the number of partitions break off at the `nth` call of a script. */
function interruptedAt(name: string, at: { script: string; nth: number }, partitions: number) {
  let calls = 0;
  const connection = interposed(redis.connection(), (script, run) => {
    if (script === at.script) calls += 1;
    if (script === at.script && calls >= at.nth) throw new Error('killed');
    return run();
  });
  return openTopic<number>(name, { connection, partitions });
}

it.each([
  { script: 'close-partition', nth: 1 },
  { script: 'close-partition', nth: 3 },
  { script: 'open-partition', nth: 2 },
  { script: 'end-change', nth: 1 },
])('a change that breaks off at $script $nth is completed by a publisher', async (at) => {
  const topic = redis.topic<number>({ partitions: 3 });
  await fill(topic, 60);
  const handled = new HandledRecords();
  topic.group('g').consume((delivery) => handled.handle(delivery), options);
  await eventually(() => handled.count === 60);
  await expect(interruptedAt(topic.name, at, 3).partitions.set(5)).rejects.toThrow('killed');

  await fill(topic, 60, 60);
  await eventually(() => handled.count === 120);
  handled.expectOrder(120);
  const { count } = await redis.topic({ name: topic.name, partitions: 3 }).partitions.get();
  // Nothing was closed yet where it broke off at once, so that nobody was refused.
  expect(count).toBe(at.script === 'close-partition' && at.nth === 1 ? 3 : 5);
});

it('a change that breaks off is completed by the next one, also to the same number', async () => {
  const topic = redis.topic<number>({ partitions: 2 });
  await fill(topic, 40);
  const at = { script: 'end-change', nth: 1 };
  await expect(interruptedAt(topic.name, at, 2).partitions.set(4)).rejects.toThrow('killed');
  const { partitions } = await topic.partitions.set(3);

  expect(partitions.map(({ isFormer }) => isFormer)).toEqual([
    ...Array(6).fill(true),
    ...Array(3).fill(false),
  ]);
  await fill(topic, 40, 40);
  const read = new HandledRecords();
  for (const record of await take(topic.read({ from: 'beginning' }), 80)) await read.handle(record);
  read.expectOrder(80);
});

it('changes at the same time are done one after the other', async () => {
  const topic = redis.topic<number>({ partitions: 2 });
  await topic.publish(1);
  const ends = numbers(4).map(() => redis.topic<number>({ name: topic.name, partitions: 2 }));
  await Promise.all(ends.map((end, at) => end.partitions.set(3 + at)));

  const { count, partitions } = await topic.partitions.get();
  expect([3, 4, 5, 6]).toContain(count);
  expect(partitions.filter(({ isFormer }) => !isFormer)).toHaveLength(count);
});

it('a partition that is former gets no records, whoever appends them', async () => {
  const topic = redis.topic<number>();
  await topic.publish(1);
  await topic.partitions.set(2);

  const append = topic.connection.call('XADD', [topic.name, '*', 'body', '2']);
  await expect(append).rejects.toThrow(/exhausted the last possible ID/);
});

it('a group that is behind, and a new one, begin with the oldest partitions', async () => {
  const topic = redis.topic<number>({ partitions: 2 });
  await topic.group('behind').seek('beginning');
  await fill(topic, 100);
  for (const count of [3, 1, 4]) {
    await topic.partitions.set(count);
    const { length } = await topic.stats();
    await fill(topic, 100, length);
  }
  expect(await topic.group('behind').lag()).toBe(400);
  expect((await topic.partitions.get()).isMoving).toBe(true);
  expect(await topic.groups()).toEqual(['behind']);

  for (const name of ['behind', 'new']) {
    const handled = new HandledRecords();
    const ends = numbers(3).map(() => redis.topic<number>({ name: topic.name, partitions: 2 }));
    for (const end of ends)
      end.group(name).consume((delivery) => handled.handle(delivery), options);
    await eventually(() => handled.count === 400);
    handled.expectOrder(400);
    await eventually(async () => (await topic.group(name).stats()).pending === 0);
    expect(await topic.group(name).stats()).toMatchObject({ lag: 0, total: { acked: 400 } });
  }
  expect((await topic.partitions.get()).isMoving).toBe(false);
});

it('a new group that begins with the latest record gets none of those before, and misses none after', async () => {
  const topic = redis.topic<number>({ partitions: 2 });
  await fill(topic, 50);
  await topic.partitions.set(3);
  await fill(topic, 50, 50);
  const bodies: number[] = [];
  const ends = numbers(3).map(() => redis.topic<number>({ name: topic.name, partitions: 2 }));
  const members = ends.map((end) =>
    end.group('g', { from: 'latest' }).consume(({ body }) => void bodies.push(body), options),
  );
  await eventually(() => members.every(({ partitions }) => partitions.length === 1));
  expect(await topic.group('g').lag()).toBe(0);
  await fill(topic, 50, 100);
  await topic.partitions.set(2);
  await fill(topic, 50, 150);
  await eventually(() => bodies.length === 100);

  expect([...bodies].sort((a, b) => a - b)).toEqual(numbers(100, 100));
});

it('no member begins with new partitions while another one has a record of a former one', async () => {
  const topic = redis.topic<number>({ partitions: 2 });
  const gate = deferred();
  const begun: number[] = [];
  const handle = async ({ body }: { body: number }) => {
    begun.push(body);
    if (body === 0) await gate.promise;
  };
  const ends = [topic, redis.topic<number>({ name: topic.name, partitions: 2 })];
  const members = ends.map((end) => end.group('g').consume(handle, options));
  await eventually(() => members.every(({ partitions }) => partitions.length === 1));
  await topic.publish(0, { key: 'k' });
  await eventually(() => begun.length === 1);
  await topic.partitions.set(3);
  await Promise.all(numbers(50, 1).map((n) => topic.publish(n, { key: keyOf(n) })));
  expect(await topic.group('g').lag()).toBe(50);
  expect(members.flatMap(({ partitions }) => partitions).sort()).toEqual([0, 1]);
  gate.resolve();
  await eventually(() => begun.length === 51);

  await eventually(
    () =>
      members
        .flatMap(({ partitions }) => partitions)
        .sort()
        .join() === '2,3,4',
  );
});

it('members that have nothing to do are told of a change', async () => {
  const topic = redis.topic<number>({ partitions: 2 });
  const members = [topic, redis.topic<number>({ name: topic.name, partitions: 2 })].map((end) =>
    end.group('g').consume(() => {}, options),
  );
  const partitions = () =>
    members
      .flatMap((member) => member.partitions)
      .sort()
      .join();
  await eventually(() => partitions() === '0,1');
  await redis.topic({ name: topic.name, partitions: 2 }).partitions.set(3);

  await eventually(() => partitions() === '2,3,4');
});

it('retention keeps what a group without members has not acknowledged in new partitions', async () => {
  const topic = redis.topic<number>({ partitions: 1, retention: { whenAcknowledged: true } });
  await topic.group('slow').seek('beginning');
  await topic.partitions.set(2);
  topic.group('fast').consume(() => {}, { ...options, concurrency: 100 });
  await fill(topic, 1000);
  await eventually(async () => (await topic.group('fast').stats()).total.acked === 1000);
  await fill(topic, 10, 1000);

  expect(await topic.group('slow').lag()).toBe(1010);
});

/** As if the group had been created while the number changed, so that it is not known in the new partitions. */
async function forgetInNew({ connection, partitions }: TestTopic<number>): Promise<void> {
  const { partitions: all } = await partitions.get();
  for (const { stream, isFormer } of all) {
    if (!isFormer) await connection.call('XGROUP', ['DESTROY', stream, 'g']);
  }
}

it('a member begins with the first record of partitions that are newer than itself', async () => {
  const topic = redis.topic<number>({ partitions: 1 });
  const gate = deferred();
  const bodies: number[] = [];
  const handle = async ({ body }: { body: number }) => {
    bodies.push(body);
    await gate.promise;
  };
  const member = topic.group('g', { from: 'latest' }).consume(handle, options);
  await eventually(() => member.partitions.length === 1);
  await topic.publish(0);
  await eventually(() => bodies.length === 1);
  await topic.partitions.set(2);
  await forgetInNew(topic);
  await topic.publish(1);
  gate.resolve();

  await eventually(() => bodies.join() === '0,1');
});

it('a group that exists in former partitions begins with the first record of new ones', async () => {
  const topic = redis.topic<number>({ partitions: 1 });
  await topic.publish(0);
  await topic.group('g').seek('latest');
  await topic.partitions.set(2);
  await forgetInNew(topic);
  await topic.publish(1);
  const bodies: number[] = [];
  const late = redis.topic<number>({ name: topic.name, partitions: 1 });
  late.group('g', { from: 'latest' }).consume(({ body }) => void bodies.push(body), options);

  await eventually(() => bodies.join() === '1');
});

it('a record that is tried again in a former partition comes before those in new ones', async () => {
  const topic = redis.topic<number>({ partitions: 2 });
  await topic.publish(0, { key: 'k' });
  let attempts = 0;
  const done: number[] = [];
  const handle = async ({ body }: { body: number }) => {
    if (body === 0) attempts += 1;
    if (body === 0 && attempts < 4) throw new Error('not yet');
    done.push(body);
  };
  topic.group('g').consume(handle, { ...options, backoff: fixed(50) });
  await eventually(() => attempts > 0);
  await topic.partitions.set(3);
  await topic.publish(1, { key: 'k' });
  await eventually(() => done.length === 2);

  expect(done).toEqual([0, 1]);
});

it('dead letters of former partitions are kept, and redriven to the partition of their key', async () => {
  const topic = redis.topic<number>({ partitions: 2 });
  const group = topic.group('g');
  let isBroken = true;
  const done: string[] = [];
  const handle = async ({
    body,
    key,
    partition,
  }: {
    body: number;
    key: string | undefined;
    partition: number;
  }) => {
    if (isBroken) throw new Error('broken');
    done.push(`${body} ${key} ${partition > 1}`);
  };
  group.consume(handle, { ...options, maxAttempts: 1 }).on('failed', () => {});
  await Promise.all(
    numbers(6).map((n) => topic.publish(n, { key: `k${n}`, headers: { n: `${n}` } })),
  );
  await eventually(async () => (await group.deadLetters.count()) === 6);
  await topic.partitions.set(3);
  const letters = await group.deadLetters.list();
  expect(letters.map(({ body }) => body).sort()).toEqual(numbers(6));
  isBroken = false;

  expect(await group.deadLetters.editAndRedrive(letters[0]?.entry ?? '', 9)).toBe(true);
  expect(await group.deadLetters.editAndRedrive(letters[0]?.entry ?? '', 9)).toBe(false);
  expect(await group.deadLetters.redrive({ entries: [letters[1]?.entry ?? ''] })).toBe(1);
  expect(await group.deadLetters.redrive()).toBe(4);
  await eventually(() => done.length === 6);
  const expected = letters.map(({ body, key }, at) => `${at === 0 ? 9 : body} ${key} true`);
  expect([...done].sort()).toEqual([...expected].sort());
  expect(await group.deadLetters.count()).toBe(0);
});

it('a dead letter of a former partition is redriven once, also if its deletion has failed', async () => {
  const topic = redis.topic<number>({ partitions: 2 });
  const bodies: number[] = [];
  const broken = topic.group('g').consume(() => Promise.reject(new Error('broken')), {
    ...options,
    maxAttempts: 1,
  });
  broken.on('failed', () => {});
  await topic.publish(1, { key: 'k' });
  await eventually(async () => (await topic.group('g').deadLetters.count()) === 1);
  await broken.stop();
  await topic.partitions.set(3);
  let isBroken = true;
  const connection = redis.connection();
  const failing = new Proxy(connection, {
    get(target, name) {
      const value = Reflect.get(target, name) as unknown;
      if (typeof value !== 'function') return value;
      return (...args: unknown[]) =>
        args[0] === 'XDEL' && isBroken
          ? Promise.reject(new Error('killed'))
          : value.apply(target, args);
    },
  });
  const other = openTopic<number>(topic.name, { connection: failing, partitions: 2 });
  await expect(other.group('g').deadLetters.redrive()).rejects.toThrow('killed');
  isBroken = false;
  expect(await other.group('g').deadLetters.redrive()).toBe(1);
  topic.group('g').consume(({ body }) => void bodies.push(body), options);
  await topic.publish(2, { key: 'k' });
  await eventually(() => bodies.includes(2));

  expect(bodies).toEqual([1, 2]);
});

it('an id stays known when the number of partitions has changed', async () => {
  const topic = redis.topic<number>({ partitions: 2 });
  const offset = await topic.publish(1, { id: 'once', key: 'k' });
  const other = await topic.publish(1, { id: 'twice' });
  await topic.partitions.set(3);
  await topic.partitions.set(4);

  expect(await topic.publish(1, { id: 'once', key: 'k' })).toBe(offset);
  const late = redis.topic<number>({ name: topic.name, partitions: 2 });
  expect(await late.publish(1, { id: 'twice' })).toBe(other);
  expect(await late.publish(1, { id: 'new' })).toEqual(expect.any(String));
  expect((await topic.stats()).length).toBe(3);
});

it('retention holds for former partitions', async () => {
  const retention = { whenAcknowledged: true };
  const topic = redis.topic<number>({ partitions: 2, retention });
  const handled: number[] = [];
  const consumer = topic.group('g').consume(({ body }) => void handled.push(body), options);
  await fill(topic, 150);
  await topic.partitions.set(3);
  await eventually(async () => {
    return (await topic.group('g').stats()).total.acked === 150;
  });
  await topic.publish(150);
  await eventually(async () => {
    const lengths = (await topic.partitions.stats()).slice(0, 2).map(({ length }) => length);
    return lengths.join() === '0,0';
  });
  await eventually(() => handled.length === 151);
  await consumer.stop();

  // What a group has not acknowledged stays.
  await topic.publish(151, { key: 'k' });
  await topic.partitions.set(2);
  const other = redis.topic<number>({ name: topic.name, partitions: 2, retention });
  await other.publish(152, { key: 'k' });
  expect(await topic.group('g').lag()).toBe(2);
});

it('former partitions without records are forgotten, and a publisher that still knows them is refused there', async () => {
  const topic = redis.topic<number>({ partitions: 2, retention: { whenAcknowledged: true } });
  const old = redis.topic<number>({ name: topic.name, partitions: 2 });
  await old.publish(0, { key: 'k' });
  const bodies: number[] = [];
  const consumer = topic.group('g').consume(({ body }) => void bodies.push(body), options);
  await eventually(async () => (await topic.group('g').stats()).total.acked === 1);
  await topic.partitions.set(3);
  const publisher = redis.topic<number>({
    name: topic.name,
    partitions: 2,
    retention: { whenAcknowledged: true },
  });
  await publisher.publish(1);
  await eventually(async () => (await topic.stats()).length === 1);
  await eventually(async () => (await topic.partitions.get()).isMoving === false);
  const { partitions } = await topic.partitions.set(1);
  expect(partitions.map(({ partition }) => partition)).toEqual([2, 3, 4, 5]);

  await old.publish(2, { key: 'k' });
  await eventually(() => bodies.length === 3);
  expect(bodies).toEqual([0, 1, 2]);
  await consumer.stop();
  await topic.destroy();
  expect(await topic.connection.call('KEYS', [`*${topic.name}*`])).toEqual([]);
});

it('a topic is destroyed with its former partitions, also while their number changes', async () => {
  const topic = redis.topic<number>({ partitions: 2 });
  await fill(topic, 20);
  await topic.partitions.set(3);
  await fill(topic, 20, 20);
  await topic.group('g').seek('beginning');
  const at = { script: 'end-change', nth: 1 };
  await expect(interruptedAt(topic.name, at, 2).partitions.set(4)).rejects.toThrow('killed');
  const old = redis.topic<number>({ name: topic.name, partitions: 2 });
  await old.stats();

  expect(await topic.destroy()).toEqual({ length: 40, groups: 1, dead: 0 });
  expect(await topic.connection.call('KEYS', [`*${topic.name}*`])).toEqual([]);
  await topic.publish(1);
  expect(await topic.partitions.get()).toMatchObject({ count: 2, isMoving: false });
  await old.publish(2);
  expect(await topic.stats()).toEqual({ length: 2, cut: 0 });
});

it('a publisher and a group go on when the topic is lost after a change', async () => {
  const topic = redis.topic<number>({ partitions: 2 });
  const bodies: number[] = [];
  const consumer = topic.group('g').consume(({ body }) => void bodies.push(body), {
    ...options,
    leaseMs: 300,
  });
  consumer.on('error', () => {});
  await topic.publish(0);
  await topic.partitions.set(3);
  await topic.publish(1);
  await eventually(() => bodies.length === 2);
  const keys = (await topic.connection.call('KEYS', [`*${topic.name}*`])) as Buffer[];
  await Promise.all(keys.map((key) => topic.connection.call('DEL', [key])));

  for (const n of numbers(10, 2)) await topic.publish(n);
  await eventually(() => bodies.length >= 12);
  expect([...new Set(bodies)].sort((a, b) => a - b)).toEqual(numbers(12));
  const late = redis.topic<number>({ name: topic.name, partitions: 2 });
  expect((await late.partitions.get()).count).toBe(3);
});

it('a publisher goes on when only what is known of the partitions is lost', async () => {
  const topic = redis.topic<number>({ partitions: 2 });
  await topic.publish(0);
  await topic.partitions.set(2);
  const { partitions } = await topic.partitions.set(3);
  await topic.connection.call('DEL', [`{${topic.name}}:topic`]);
  const [stream] = partitions.slice(-1).map((each) => each.stream);
  expect(stream).toBe(`{${topic.name}:4}:partition`);

  const old = redis.topic<number>({ name: topic.name, partitions: 2 });
  await old.publish(1);
  await topic.publish(2);
  const late = redis.topic<number>({ name: topic.name, partitions: 2 });
  const read = await take(late.read({ from: 'beginning' }), 3);
  expect(read.map(({ body }) => body).sort()).toEqual([0, 1, 2]);
});

it.each(['a publisher', 'a member'])(
  'a change that Redis has lost is made again by %s',
  async (who) => {
    const topic = redis.topic<number>({ partitions: 2 });
    const old = redis.topic<number>({ name: topic.name, partitions: 2 });
    await old.publish(0);
    await topic.publish(1);
    const facts = `{${topic.name}}:topic`;
    const bodies: number[] = [];
    const member = redis.topic<number>({ name: topic.name, partitions: 2 });
    const consumer = member.group('g').consume(({ body }) => void bodies.push(body), {
      ...options,
      leaseMs: who === 'a member' ? 300 : 60_000,
    });
    await topic.partitions.set(3);
    await eventually(() => consumer.partitions.join() === '2,3,4');
    await Promise.all(numbers(30, 2).map((n) => topic.publish(n)));
    // As if it had come back from before the change: at once, or a member would find that there is no topic any more.
    const olderData =
      "redis.call('DEL', KEYS[1]) return redis.call('HSET', KEYS[1], 'partitions', 2)";
    await topic.connection.call('EVAL', [olderData, 1, facts]);
    if (who === 'a publisher') await old.publish(32);
    else
      await eventually(
        async () => (await topic.connection.call('HGET', [facts, 'first'])) !== null,
      );
    await Promise.all(numbers(30, 33).map((n) => topic.publish(n)));

    const late = redis.topic<number>({ name: topic.name, partitions: 2 });
    const { count, partitions } = await late.partitions.get();
    expect([count, partitions.length]).toEqual([3, 5]);
    const sent = who === 'a publisher' ? 63 : 62;
    await eventually(() => bodies.length === sent);
    expect(await take(late.read({ from: 'beginning' }), sent)).toHaveLength(sent);
  },
);

it('readers go on with new partitions, and a reader of one partition ends with it', async () => {
  const topic = redis.topic<number>({ partitions: 2 });
  await topic.publish(0, { key: 'k' });
  const other = redis.topic<number>({ name: topic.name, partitions: 2 });
  const latest = other.read({ from: 'latest' });
  const first = latest.next();
  const [{ partition } = { partition: 0 }] = await take(topic.read({ from: 'beginning' }), 1);
  const one: number[] = [];
  const reading = (async () => {
    for await (const { body } of other.read({ from: 'beginning', partition })) one.push(body);
  })();
  // By the connection that reads, so that the reader has begun before.
  await other.publish(1, { key: 'k' });
  await topic.partitions.set(3);
  await topic.publish(2, { key: 'k' });
  await reading;

  expect(one).toEqual([0, 1]);
  expect([(await first).value, (await latest.next()).value]).toMatchObject([
    { body: 1 },
    { body: 2 },
  ]);
  const from = (await topic.newestOffsets())[partition] ?? '';
  expect(() => topic.read({ from })).toThrow(/option `partition`/);
  expect(() => topic.read({ partition: 5 })).toThrow(/from 0 to 4/);
  const late = redis.topic<number>({ name: topic.name, partitions: 2 });
  await expect(late.read({ partition: 7 }).next()).rejects.toThrow(/from 0 to 4/);
});

it('a group that seeks back begins with the former partitions again', async () => {
  const topic = redis.topic<number>({ partitions: 2 });
  await fill(topic, 60);
  await topic.partitions.set(3);
  await fill(topic, 60, 60);
  const handled = new HandledRecords();
  topic.group('g').consume((delivery) => handled.handle(delivery), options);
  await eventually(async () => (await topic.group('g').stats()).total.acked === 120);
  const again = new HandledRecords();
  Object.assign(handled, { byKey: again.byKey, count: 0 });
  await topic.group('g').seek('beginning');
  await eventually(() => handled.count === 120);

  handled.expectOrder(120);
});
