import { bytes } from '@redpost/core';
import { expect, it } from 'vitest';
import { collectGarbage } from '../../../tooling/collect-garbage.js';
import { eventually } from '../../../tooling/eventually.js';
import { interposed } from '../../../tooling/interposed.js';
import {
  deferred,
  expireLeases,
  openTopic,
  sessionsOf,
  uniqueName,
  useTopics,
} from './support/topics.js';

const redis = useTopics();
const numbers = (count: number) => Array.from({ length: count }, (_, n) => n);

async function isForgotten(ref: WeakRef<object>): Promise<void> {
  await eventually(() => {
    collectGarbage();
    return ref.deref() === undefined;
  });
}

it('a topic does not keep the groups that were only inspected', async () => {
  const topic = redis.topic();
  const looked = await (async () => {
    const group = topic.group('g');
    await group.stats();
    return new WeakRef(group);
  })();

  await isForgotten(looked);
});

it('publishes that wait for each other keep no body that has been published', async () => {
  const gates = numbers(3).map(() => deferred());
  const validate = async (value: unknown) => {
    await gates[(value as Buffer)[0] ?? 0]?.promise;
    return { value: value as Buffer };
  };
  const schema = { '~standard': { version: 1, vendor: 'test', validate } } as const;
  const connection = redis.connection();
  const topic = openTopic<Buffer>(uniqueName(), { connection, codec: bytes(), schema });
  const [first, published] = (() => {
    const body = Buffer.alloc(1000);
    return [new WeakRef(body), topic.publish(body)];
  })();
  // There is always one that waits.
  const second = topic.publish(Buffer.alloc(1000, 1));
  gates[0]?.resolve();
  await published;
  const third = topic.publish(Buffer.alloc(1000, 2));
  gates[1]?.resolve();
  await second;

  await isForgotten(first);
  gates[2]?.resolve();
  await third;
});

it('large records with a key are taken a few at a time, like those without', async () => {
  const counts: number[] = [];
  const connection = interposed(redis.connection(), (script, run, input) => {
    if (script === 'take') counts.push((input as { count: number }).count);
    return run();
  });
  const topic = openTopic<string>(uniqueName(), { connection });
  const body = 'x'.repeat(20_000);
  await Promise.all(numbers(300).map((n) => topic.publish(body, { key: `k${n}` })));
  let seen = 0;
  const handler = async () => {
    seen += 1;
  };
  topic.group('g').consume(handler, { concurrency: 100 });
  await eventually(() => seen === 300);

  // 256 KiB are thirteen of these. The first call does not know yet.
  expect(counts[0]).toBe(100);
  expect(Math.max(...counts.slice(1))).toBeLessThanOrEqual(13);
});

it('any number of records of a dead member is returned at once', async () => {
  const topic = redis.topic<number>({ partitions: 1 });
  const victim = redis.topic<number>({ name: topic.name, partitions: 1 });
  let begun = 0;
  const dead = victim.group('g').consume(
    async () => {
      begun += 1;
      await new Promise(() => {});
    },
    { concurrency: 20_000 },
  );
  dead.on('error', () => {});
  await Promise.all(numbers(10_500).map((n) => topic.publish(n, { key: `k${n}` })));
  await eventually(() => begun === 10_500);
  await victim.connection.close();
  await dead.stop({ timeoutMs: 0 });
  await expireLeases(topic, 'g', await sessionsOf(topic, 'g'));
  await topic.connection.call('DEL', [`{${topic.name}}:members:g`]);
  const recovered: number[] = [];
  const successor = topic.group('g').consume(() => {}, { concurrency: 100 });
  successor.on('recovered', ({ returned }) => recovered.push(returned));
  await eventually(() => recovered.length > 0);

  expect(recovered).toEqual([10_500]);
});
