import { startRedis } from '@redpost/core/embedded';
import { expect, it, onTestFinished } from 'vitest';
import { eventually } from '../../../tooling/eventually.js';
import { type Interposition, interposed } from '../../../tooling/interposed.js';
import type { From, GroupConsumer } from '../src/index.js';
import { deferred, openConnection, openTopic, type TestTopic } from './support/topics.js';

/** So long that no beat helps on what is tested here. */
const leaseMs = 60_000;

const points = Array.from({ length: 9 }, (_, at) => at + 1).flatMap((nth) => [
  ['before', nth] as const,
  ['after', nth] as const,
]);
const kinds: [title: string, partitions: number | undefined, from: From][] = [
  ['a topic', undefined, 'beginning'],
  ['a topic with partitions', 2, 'beginning'],
  ['a topic with partitions read from the latest on', 2, 'latest'],
];

for (const [title, partitions, from] of kinds) {
  it.each(points)(
    `in ${title}, what is published after a FLUSHALL just %s script %i of a member is started at once, and in order`,
    async (when, nth) => {
      const redis = await startRedis();
      onTestFinished(() => redis.stop());
      const outside = openConnection(redis.url);
      const publisher = openTopic<string>('events', {
        connection: outside,
        ...(partitions && { partitions }),
      });
      const publish = async (...bodies: string[]) => {
        for (const body of bodies) await publisher.publish(body, { key: 'k' });
      };
      const seen: string[] = [];
      let scripts = 0;
      let isPublished = false;
      let isMember = false;
      const flushAndPublish = async () => {
        await outside.call('FLUSHALL', []);
        await publish('a', 'b', 'c');
        isPublished = true;
      };
      const connection = interposed(openConnection(redis.url), async (script, run) => {
        // Until it has joined, `latest` is not there yet.
        if (script === 'join') isMember = true;
        if (!isMember) return run();
        scripts += 1;
        const isNow = scripts === nth;
        // What is published before it first joins comes before the latest.
        if (isNow && when === 'before' && script !== 'join') await flushAndPublish();
        const answer = await run();
        if (isNow && (when === 'after' || script === 'join')) await flushAndPublish();
        return answer;
      });
      const topic = openTopic<string>('events', { connection, ...(partitions && { partitions }) });
      const group = topic.group('g', { from });
      const consumer = group.consume(({ body }) => void seen.push(body), { leaseMs });
      consumer.on('error', () => {});
      for (let n = 1; !isPublished; n += 1) {
        await eventually(() => isPublished || consumer.partitions.length === (partitions ?? 1));
        if (!isPublished) await publish(`${n}`);
        await eventually(() => isPublished || seen.includes(`${n}`));
      }

      await eventually(() => seen.includes('c'));
      expect([...new Set(seen.filter((body) => /[abc]/.test(body)))]).toEqual(['a', 'b', 'c']);
    },
  );
}

const pointsOfTwo = points.filter(([, nth]) => [2, 5, 8].includes(nth));
const keys = ['a', 'b', 'c', 'd'];

for (const [title, partitions, from] of kinds) {
  it.each(pointsOfTwo)(
    `in ${title}, two members start at once what is published after a FLUSHALL just %s script %i of theirs`,
    async (when, nth) => {
      const redis = await startRedis();
      onTestFinished(() => redis.stop());
      const outside = openConnection(redis.url);
      const options = partitions ? { partitions } : {};
      const publish = publisherTo(openTopic('events', { connection: outside, ...options }));
      const seen: string[] = [];
      const members: GroupConsumer<string>[] = [];
      let scripts = 0;
      let isPublished = false;
      const flushAndPublish = async () => {
        await outside.call('FLUSHALL', []);
        await publish('first', 'second', 'third');
        isPublished = true;
      };
      const around: Interposition = async (_script, run) => {
        if (members.length < 2) return run();
        scripts += 1;
        const isNow = scripts === nth;
        if (isNow && when === 'before') await flushAndPublish();
        const answer = await run();
        if (isNow && when === 'after') await flushAndPublish();
        return answer;
      };
      for (let member = 0; member < 2; member += 1) {
        const connection = interposed(openConnection(redis.url), around);
        const consumer = openTopic<string>('events', { connection, ...options })
          .group('g', { from })
          .consume(({ body }) => void seen.push(body), { leaseMs });
        consumer.on('error', () => {});
        const isOneEach = ({ partitions: own }: GroupConsumer<string>) =>
          own.length === (member === 0 ? (partitions ?? 1) : 1);
        await eventually(() => [...members, consumer].every(isOneEach));
        members.push(consumer);
      }
      for (let n = 1; !isPublished; n += 1) {
        await publish(`${n}`);
        await eventually(() => isPublished || seen.includes(`d ${n}`));
      }

      const expected = keys.flatMap((key) => [`${key} first`, `${key} second`, `${key} third`]);
      const seenAfter = () => [...new Set(seen.filter((body) => expected.includes(body)))];
      await eventually(() => seenAfter().length === expected.length);
      if (partitions) expect(seenAfter().sort(byKey)).toEqual(expected);
    },
  );
}

it('a group that began at the latest reads a partition that Redis has lost from its beginning, also by a member that was never in it', async () => {
  const redis = await startRedis();
  onTestFinished(() => redis.stop());
  const outside = openConnection(redis.url);
  const options = { partitions: 2 };
  const publish = publisherTo(openTopic('events', { connection: outside, ...options }));
  await publish('long ago');
  const seen: string[] = [];
  let isFlushed = false;
  const thawed = deferred();
  const frozen = interposed(openConnection(redis.url), async (_script, run) => {
    if (isFlushed) await thawed.promise;
    return run();
  });
  const members: GroupConsumer<string>[] = [];
  for (const connection of [frozen, openConnection(redis.url)]) {
    const consumer = openTopic<string>('events', { connection, ...options })
      .group('g', { from: 'latest' })
      .consume(({ body }) => void seen.push(body), { leaseMs: 1000 });
    consumer.on('error', () => {});
    await eventually(() => [...members, consumer].every(({ partitions: own }) => own.length > 0));
    members.push(consumer);
  }
  await eventually(() => members.every(({ partitions: own }) => own.length === 1));

  isFlushed = true;
  await outside.call('FLUSHALL', []);
  await publish('new');

  await eventually(() => new Set(seen).size === keys.length).finally(thawed.resolve);
  expect([...new Set(seen)].sort()).toEqual(keys.map((key) => `${key} new`));
});

function publisherTo(topic: TestTopic<string>) {
  return async (...bodies: string[]) => {
    for (const body of bodies) {
      for (const key of keys) await topic.publish(`${key} ${body}`, { key });
    }
  };
}

/** Keeps the order of those with the same key. */
function byKey(a: string, b: string): number {
  return a.charCodeAt(0) - b.charCodeAt(0);
}
