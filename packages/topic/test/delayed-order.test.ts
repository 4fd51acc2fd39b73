import { expect, it } from 'vitest';
import { eventually } from '../../../tooling/eventually.js';
import { deferred, useTopics } from './support/topics.js';

const redis = useTopics();

it('records that are due again at the same time come in the order of their offsets', async () => {
  const topic = redis.topic<number>();
  // Published with sequences of one digit and of two: as texts, 1-10 would come before 1-9.
  const bodies = Array.from({ length: 12 }, (_, n) => n + 1);
  for (const n of bodies) {
    await topic.connection.call('XADD', [topic.name, `1-${n}`, 'body', String(n)]);
  }
  const group = topic.group('g', { from: 'beginning' });
  const [release, seen] = [deferred(), [] as number[]];
  let begun = 0;
  const consumer = group.consume(
    async () => {
      begun += 1;
      await release.promise;
      throw new Error('not yet');
    },
    { concurrency: bodies.length, backoff: () => 60_000 },
  );
  await eventually(() => begun === bodies.length);
  release.resolve();
  await eventually(async () => (await group.stats()).delayed === bodies.length);
  await consumer.stop();
  const delayed = `{${topic.name}}:delayed:g`;
  const members = (await topic.connection.call('ZRANGE', [delayed, 0, -1])) as Buffer[];
  for (const member of members) await topic.connection.call('ZADD', [delayed, 1, member]);
  group.consume(({ body }) => void seen.push(body));
  await eventually(() => seen.length === bodies.length);

  expect(seen).toEqual(bodies);
});
