import { type Connection, ConnectionError } from '@redpost/core';
import { expect, it, onTestFinished } from 'vitest';
import { eventually } from '../../../tooling/eventually.js';
import { interposed } from '../../../tooling/interposed.js';
import type { TopicDelivery } from '../src/index.js';
import { deferred, openTopic, type TestTopic, uniqueName, useTopics } from './support/topics.js';

const redis = useTopics();
const numbers = (count: number, first = 0) => Array.from({ length: count }, (_, n) => first + n);

/** A connection on which every so manieth answer to a script gets lost. */
function losesAnswers(connection: Connection, script: string, every: number): Connection {
  let count = 0;
  return interposed(connection, async (called, run) => {
    const result = await run();
    if (called !== script) return result;
    count += 1;
    if (count % every === 0) throw new ConnectionError('lost', { outcome: 'unknown' });
    return result;
  });
}

async function settled(topic: TestTopic<number>): Promise<void> {
  await eventually(async () => {
    const { lag, pending } = await topic.group('g').stats();
    return lag === 0 && pending === 0;
  });
}

it('records that were taken by a lost answer are delivered once', async () => {
  const connection = losesAnswers(redis.connection(), 'take', 3);
  const topic = openTopic<number>(uniqueName(), { connection });
  await Promise.all(numbers(1000).map((n) => topic.publish(n)));
  const seen: number[] = [];
  const consumer = topic.group('g').consume(({ body }) => void seen.push(body), {
    concurrency: 20,
  });
  consumer.on('error', () => {});
  await eventually(() => new Set(seen).size === 1000);
  await settled(topic);

  expect(seen.sort((a, b) => a - b)).toEqual(numbers(1000));
});

it('lost answers do not change the order of a key', async () => {
  const connection = losesAnswers(redis.connection(), 'take', 3);
  const topic = openTopic<number>(uniqueName(), { connection, partitions: 2 });
  await Promise.all(numbers(400).map((n) => topic.publish(n, { key: `k${n % 7}` })));
  const byKey = new Map<string | undefined, number[]>();
  let count = 0;
  const consumer = topic.group('g').consume(
    async ({ body, key }) => {
      byKey.set(key, [...(byKey.get(key) ?? []), body]);
      count += 1;
    },
    { concurrency: 20 },
  );
  consumer.on('error', () => {});
  await eventually(() => count === 400);
  await settled(topic);

  for (const bodies of byKey.values()) expect(bodies).toEqual([...bodies].sort((a, b) => a - b));
});

it('retries and dead letters whose answers got lost are not reported as lost', async () => {
  const connection = losesAnswers(losesAnswers(redis.connection(), 'retry', 2), 'dead-letter', 2);
  const topic = openTopic<number>(uniqueName(), { connection });
  await Promise.all(numbers(20).map((n) => topic.publish(n)));
  const errors: Error[] = [];
  const group = topic.group('g');
  const consumer = group.consume(
    () => {
      throw new Error('no');
    },
    { maxAttempts: 2, backoff: () => 5, concurrency: 3 },
  );
  consumer.on('error', (error) => errors.push(error));
  await eventually(async () => (await group.deadLetters.count()) === 20);
  await settled(topic);

  expect(errors).toEqual([]);
});

it('a retry that is sent again does not take the record from the handler that has it again', async () => {
  const attempts = [deferred<TopicDelivery>(), deferred<TopicDelivery>()];
  let retries = 0;
  const connection = interposed(redis.connection(), async (script, run) => {
    const result = await run();
    if (script !== 'retry') return result;
    retries += 1;
    if (retries > 1) return result;
    await attempts[1]?.promise;
    throw new ConnectionError('lost', { outcome: 'unknown' });
  });
  const topic = openTopic(uniqueName(), { connection });
  await topic.publish(1);
  const end = deferred();
  const consumer = topic.group('g', { from: 'beginning' }).consume(
    async (delivery) => {
      attempts[delivery.attempt - 1]?.resolve(delivery);
      if (delivery.attempt === 1) throw new Error('not yet');
      await end.promise;
    },
    { backoff: () => 0 },
  );
  consumer.on('error', () => {});
  const second = await attempts[1]?.promise;
  await eventually(() => retries === 2);

  await second?.ack();
  end.resolve();
  expect(await topic.group('g').stats()).toMatchObject({ pending: 0, total: { retried: 1 } });
});

it('an ack by hand rejects while Redis is away, and is made up for', async () => {
  const connection = losesAnswers(redis.connection(), 'take', 2);
  const topic = openTopic<number>(uniqueName(), { connection });
  await topic.publish(1);
  const outcomes: string[] = [];
  const consumer = topic.group('g').consume(async (delivery) => {
    outcomes.push(
      await delivery.ack().then(
        () => 'confirmed',
        (error) => error.code,
      ),
    );
  });
  consumer.on('error', () => {});
  await eventually(() => outcomes.length === 1);
  await settled(topic);

  expect(['confirmed', 'CONNECTION']).toContain(outcomes[0]);
});

it('a member that is stopped while it joins leaves no lease behind', async () => {
  const topic = redis.topic<number>({ partitions: 2 });
  const consumer = topic.group('g').consume(() => {});
  await consumer.stop();
  const other = redis.topic<number>({ name: topic.name, partitions: 2 });
  const successor = other.group('g').consume(() => {});
  onTestFinished(() => successor.stop());

  await eventually(() => successor.partitions.length === 2, 3000);
});
