import { expect, it } from 'vitest';
import { eventually } from '../../../tooling/eventually.js';
import { useTopics } from './support/topics.js';

const redis = useTopics();

it.each([undefined, 3])(
  'nothing is left of a topic that was destroyed (partitions: %s)',
  async (partitions) => {
    const topic = redis.topic<number>(partitions === undefined ? {} : { partitions });
    const group = topic.group('g');
    const consumer = group.consume((delivery) => delivery.deadLetter());
    await topic.publish(1, { id: 'a', key: 'k' });
    await eventually(async () => (await group.deadLetters.count()) === 1);
    await consumer.stop();

    expect(await topic.destroy()).toEqual({ length: 1, groups: 1, dead: 1 });
    expect(await topic.connection.call('KEYS', [`*${topic.name}*`])).toEqual([]);

    await topic.publish(2, { key: 'k' });
    expect(await topic.stats()).toMatchObject({ length: 1 });
    expect(await topic.connection.call('EXISTS', [`{${topic.name}}:topic`])).toBe(1);
  },
);

it('a running member reports lost, creates its group again and continues with later records', async () => {
  const topic = redis.topic<number>();
  const lost: number[] = [];
  const handled: number[] = [];
  const consumer = topic.group('g').consume(
    async ({ body, signal }) => {
      handled.push(body);
      if (body === 1) await new Promise((resolve) => signal.addEventListener('abort', resolve));
    },
    { leaseMs: 500 },
  );
  consumer.on('lost', ({ deliveries }) => lost.push(...deliveries.map(({ body }) => body)));
  await topic.publish(1);
  await eventually(() => handled.length === 1);
  await topic.destroy();
  await topic.publish(2);
  await eventually(() => handled.length === 2 && lost.length === 1);
  expect({ handled, lost }).toEqual({ handled: [1, 2], lost: [1] });
});

it('a topic that another has destroyed can be made with other partitions', async () => {
  const topic = redis.topic<number>({ partitions: 2 });
  await topic.publish(1, { key: 'k' });
  await redis.topic({ name: topic.name, partitions: 2 }).destroy();
  const other = redis.topic<number>({ name: topic.name, partitions: 3 });
  await other.publish(2, { key: 'k' });
  expect(await other.stats()).toMatchObject({ length: 1 });
});

it('destroy refuses a topic that has other partitions, and one with a key of another type', async () => {
  const topic = redis.topic<number>({ partitions: 2 });
  await topic.publish(1, { key: 'k' });
  await expect(redis.topic({ name: topic.name }).destroy()).rejects.toThrow(/partitions/);
  expect(await topic.stats()).toMatchObject({ length: 1 });

  const single = redis.topic<number>();
  await single.publish(1);
  await single.connection.call('SET', [`{${single.name}}:stats`, 'value']);
  await expect(single.destroy()).rejects.toMatchObject({ code: 'WRONG_TYPE' });
  expect(await single.connection.call('XLEN', [single.name])).toBe(1);
});
