import { startRedis } from '@redpost/core/embedded';
import { expect, it, onTestFinished } from 'vitest';
import { eventually } from '../../../tooling/eventually.js';
import { interposed } from '../../../tooling/interposed.js';
import type { From } from '../src/index.js';
import { openConnection, openTopic } from './support/topics.js';

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
