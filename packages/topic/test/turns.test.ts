import { setTimeout as pause } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { eventually } from '../../../tooling/eventually.js';
import { partitionOf } from '../src/topic-keys.js';
import { deferred, isWaiting, useTopics } from './support/topics.js';

const redis = useTopics();
const numbers = (count: number) => Array.from({ length: count }, (_, n) => n);
/** Its beats make up for what was missed: they are too slow for these tests. */
const leaseMs = 60_000;

function keyOf(partition: number): string {
  const keys = numbers(100).map((n) => `k${n}`);
  return keys.find((key) => partitionOf(key, 2) === partition) ?? '';
}

it.each([0, 1])(
  'the only handler takes records of other partitions when partition %i has none left',
  async (first) => {
    const topic = redis.topic<string>({ partitions: 2 });
    const seen: string[] = [];
    const gate = deferred();
    const consumer = topic.group('g').consume(
      async ({ body }) => {
        seen.push(body);
        await gate.promise;
      },
      { concurrency: 1, leaseMs },
    );
    await eventually(() => consumer.partitions.length === 2 && isWaiting(topic.connection));
    await topic.publish('first', { key: keyOf(first) });
    await eventually(() => seen.length === 1 && isWaiting(topic.connection));
    await topic.publish('second', { key: keyOf(1 - first) });
    await eventually(async () => !(await isWaiting(topic.connection)));
    gate.resolve();

    await eventually(() => seen.length === 2);
    expect(seen).toEqual(['first', 'second']);
  },
);

it('with fewer handlers than partitions, the backlog of one does not keep the others waiting', async () => {
  const topic = redis.topic<number>({ partitions: 2 });
  const published = [0, 1].flatMap((at) =>
    numbers(20).map((n) => topic.publish(n, { key: keyOf(at) })),
  );
  await Promise.all(published);
  const seen: number[] = [];
  topic.group('g', { from: 'beginning' }).consume(
    async ({ partition }) => {
      seen.push(partition);
      // So slow that nothing is taken ahead.
      await pause(5);
    },
    { concurrency: 1, leaseMs },
  );
  await eventually(() => seen.length === 40);

  for (const partition of [0, 1]) {
    expect(seen.slice(0, 20).filter((at) => at === partition).length).toBeGreaterThan(5);
  }
});
