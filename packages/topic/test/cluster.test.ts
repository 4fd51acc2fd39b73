import { type Connection, connect } from '@redpost/core';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { eventually } from '../../../tooling/eventually.js';
import { listTopics, type TopicDelivery } from '../src/index.js';
import { startCluster, type TestCluster } from './support/cluster.js';
import { openTopic, take, uniqueName } from './support/topics.js';

let cluster: TestCluster;
beforeAll(async () => {
  cluster = await startCluster();
});
afterAll(() => cluster?.stop());

const numbers = (count: number) => Array.from({ length: count }, (_, n) => n);

function open(): Connection {
  const connection = connect(cluster.addresses);
  onTestFinished(() => connection.close());
  return connection;
}

it('lists a topic of a program that publishes one record and ends', async () => {
  const names = numbers(12).map(() => uniqueName());
  for (const name of names) {
    const connection = connect(cluster.addresses);
    const topic = openTopic<number>(name, { connection });
    await topic.publish(1);
    await topic.close();
    await connection.close();
  }

  const listed = (await listTopics(open())).map(({ name }) => name);
  expect(names.filter((name) => !listed.includes(name))).toEqual([]);
});

it('the partitions of a topic lie on different nodes, and are read and consumed together', async () => {
  const name = uniqueName();
  const topic = openTopic<number>(name, {
    connection: open(),
    partitions: 12,
    retention: { maxLength: 10_000 },
  });
  await Promise.all(numbers(600).map((n) => topic.publish(n, { key: `k${n % 60}`, id: `${n}` })));

  const perNode = await Promise.all(
    cluster.masters.map(async ({ admin }) => {
      return ((await admin.call('KEYS', [`{${name}:*}:partition`])) as Buffer[]).length;
    }),
  );
  expect(perNode.every((count) => count > 0)).toBe(true);
  expect(perNode.reduce((sum, count) => sum + count, 0)).toBe(12);

  const read = await take(topic.read({ from: 'beginning' }), 600);
  expect(read.map(({ body }) => body).sort((a, b) => a - b)).toEqual(numbers(600));

  const byKey = new Map<string | undefined, number[]>();
  const handle = async ({ key, body }: TopicDelivery<number>) => {
    byKey.set(key, [...(byKey.get(key) ?? []), body]);
  };
  const other = openTopic<number>(name, { connection: open(), partitions: 12 });
  const members = [topic, other].map((end) => end.group('g').consume(handle, { concurrency: 10 }));
  await eventually(() => [...byKey.values()].flat().length === 600);
  await eventually(() => members.every(({ partitions }) => partitions.length === 6));
  for (const bodies of byKey.values()) expect(bodies).toEqual([...bodies].sort((a, b) => a - b));
  await eventually(async () => (await topic.group('g').stats()).pending === 0);
  expect(await topic.group('g').stats()).toMatchObject({ lag: 0, dead: 0, total: { acked: 600 } });
});

it('a topic is destroyed with its partitions, on whichever nodes they lie', async () => {
  const topic = openTopic<number>(uniqueName(), { connection: open(), partitions: 12 });
  await Promise.all(numbers(60).map((n) => topic.publish(n, { key: `k${n}` })));
  const handled: number[] = [];
  const consumer = topic.group('g').consume(({ body }) => void handled.push(body));
  await eventually(() => handled.length === 60);
  await consumer.stop();

  expect(await topic.destroy()).toEqual({ length: 60, groups: 1, dead: 0 });
  for (const { admin } of cluster.masters) {
    expect(await admin.call('KEYS', [`*${topic.name}*`])).toEqual([]);
  }
});

it('the number of partitions changes while the partitions lie on different nodes', async () => {
  const name = uniqueName();
  const ends = numbers(3).map(() => openTopic<number>(name, { connection: open(), partitions: 3 }));
  const [topic] = ends as [(typeof ends)[number]];
  const byKey = new Map<string | undefined, number[]>();
  const running = new Set<string | undefined>();
  let overlaps = 0;
  const handle = async ({ key, body }: TopicDelivery<number>) => {
    if (running.has(key)) overlaps += 1;
    running.add(key);
    await new Promise(setImmediate);
    byKey.set(key, [...(byKey.get(key) ?? []), body]);
    running.delete(key);
  };
  for (const end of ends.slice(1)) {
    end.group('g').consume(handle, { concurrency: 10, leaseMs: 60_000 });
  }
  const reading = topic.read({ from: 'beginning' });
  let next = 0;
  for (const count of [12, 2, 7, 1]) {
    const published = numbers(100).map((n) => topic.publish(next + n, { key: `k${n % 20}` }));
    await ends[2]?.partitions.set(count);
    await Promise.all(published);
    next += 100;
  }
  await eventually(() => [...byKey.values()].flat().length === 400);

  expect(overlaps).toBe(0);
  for (const bodies of byKey.values()) expect(bodies).toEqual([...bodies].sort((a, b) => a - b));
  const read = await take(reading, 400);
  for (const key of byKey.keys()) {
    const bodies = read.filter((record) => record.key === key).map(({ body }) => body);
    expect(bodies).toEqual([...bodies].sort((a, b) => a - b));
  }
  await eventually(async () => !(await topic.partitions.get()).isMoving);
  const { partitions } = await topic.partitions.get();
  const owners = await Promise.all(partitions.map(({ stream }) => cluster.ownerOf(stream)));
  expect(new Set(owners).size).toBe(3);
  expect(await topic.destroy()).toMatchObject({ length: 400, groups: 1 });
});

it('topics are listed, on whichever nodes they lie', async () => {
  const connection = open();
  const names: string[] = [];
  const owners = new Set<unknown>();
  while (owners.size < 3) {
    const name = uniqueName();
    names.push(name);
    owners.add(await cluster.ownerOf(name));
  }
  const topics = names.map((name) => openTopic<number>(name, { connection, partitions: 2 }));
  await Promise.all(topics.map((topic) => topic.publish(1)));

  const listed = await eventually(async () => {
    const all = await listTopics(open());
    return names.every((name) => all.some((topic) => topic.name === name)) && all;
  });
  expect(listed).toContainEqual(expect.objectContaining({ name: names[0], partitions: 2 }));
});
