import { expect, it } from 'vitest';
import { eventually } from '../../../tooling/eventually.js';
import { listTopics, Topic } from '../src/index.js';
import { deferred, uniqueName, useTopics } from './support/topics.js';

const redis = useTopics();

it('each consumer of a group tells what it is, until it has stopped', async () => {
  const topic = redis.topic<number>();
  const end = deferred<void>();
  await Promise.all([topic.publish(1), topic.publish(2)]);
  const group = topic.group('billing');
  const consumer = group.consume(
    async function bill() {
      await end.promise;
    },
    { concurrency: 2 },
  );
  await eventually(async () => (await group.consumers())[0]?.held === 2);
  expect(await group.consumers()).toMatchObject([
    { pid: process.pid, runs: 'consume', handler: 'bill', concurrency: 2, held: 2, partition: 0 },
  ]);
  end.resolve();
  await consumer.stop();
  expect(await group.consumers()).toEqual([]);
  const keys = await topic.connection.call('KEYS', [`{${topic.name}}:consumer:*`]);
  expect(keys).toEqual([]);
});

it('with partitions, there is one for each that a member works on', async () => {
  const topic = redis.topic<number>({ partitions: 3 });
  const group = topic.group('billing');
  group.consume(() => {});
  await eventually(async () => (await group.consumers()).length === 3);
  expect((await group.consumers()).map(({ partition }) => partition)).toEqual([0, 1, 2]);
});

it('topics and their groups are listed, until they are destroyed', async () => {
  const connection = redis.connection();
  const plain = redis.topic<number>();
  const parted = redis.topic<number>({ name: uniqueName(), partitions: 2 });
  await plain.publish(1);
  parted.group('b').consume(() => {});
  parted.group('a').consume(() => {});
  const listed = async (name: string) =>
    (await listTopics(connection)).find((topic) => topic.name === name);
  await eventually(async () => (await listed(plain.name)) !== undefined);
  await eventually(async () => (await listed(parted.name)) !== undefined);
  expect(await listed(plain.name)).toMatchObject({ partitions: undefined });
  expect(await listed(parted.name)).toMatchObject({ partitions: 2 });
  await eventually(async () => (await parted.groups()).length === 2);
  expect(await parted.groups()).toEqual(['a', 'b']);
  expect(await plain.groups()).toEqual([]);
  expect(await new Topic(uniqueName(), { connection }).groups()).toEqual([]);

  await plain.destroy();
  expect(await listed(plain.name)).toBeUndefined();
});

it('a topic that is destroyed leaves nothing of its consumers', async () => {
  const topic = redis.topic<number>();
  topic.group('billing').consume(() => {});
  const keys = () => topic.connection.call('KEYS', [`{${topic.name}}:consumer:*`]);
  await eventually(async () => ((await keys()) as unknown[]).length === 1);
  await topic.close();
  const member = `{${topic.name}}:consumer:billing:left.30000`;
  await topic.connection.call('ZADD', [`{${topic.name}}:consumers:billing`, 1, 'left.30000']);
  await topic.connection.call('SET', [member, '{}']);
  await redis.topic<number>({ name: topic.name }).destroy();
  expect(await keys()).toEqual([]);
});
