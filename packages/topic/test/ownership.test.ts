import { ConnectionError, fixed } from '@redpost/core';
import { expect, it } from 'vitest';
import { eventually } from '../../../tooling/eventually.js';
import { interposed } from '../../../tooling/interposed.js';
import type { TopicDelivery } from '../src/index.js';
import {
  deferred,
  expireLeases,
  openTopic,
  sessionsOf,
  uniqueName,
  useTopics,
} from './support/topics.js';

const redis = useTopics();

it('a partition never has two owners, though the lease of the first comes back to life', async () => {
  const topic = redis.topic<number>({ partitions: 2 });
  const held: TopicDelivery<number>[] = [];
  const release = deferred();
  for (const key of ['a', 'b', 'c', 'd']) await topic.publish(1, { key });
  const first = topic.group('g').consume(
    async (delivery) => {
      held.push(delivery);
      await release.promise;
    },
    { concurrency: 10 },
  );
  await eventually(() => held.length === 4);

  const atRecovery = deferred();
  const goOn = deferred();
  const connection = interposed(redis.connection(), async (script, run) => {
    if (script === 'recover') {
      atRecovery.resolve();
      await goOn.promise;
    }
    return run();
  });
  for (const at of [0, 1]) await expireLeases(topic, 'g', await sessionsOf(topic, 'g', at), at);
  const other = openTopic<number>(topic.name, { connection, partitions: 2 });
  const second = other.group('g').consume(() => {}, { concurrency: 10 });
  await atRecovery.promise;
  for (const delivery of held) await delivery.extend();
  goOn.resolve();
  // The first member gives up one of the two when its handlers are through, not before.
  await eventually(async () => (await membersOf(topic)) === 2);
  expect(await sessionsOf(topic, 'g', 0)).toHaveLength(1);
  expect(await sessionsOf(topic, 'g', 1)).toHaveLength(1);
  expect(second.partitions).toEqual([]);
  release.resolve();

  await eventually(() => first.partitions.length === 1 && second.partitions.length === 1);
});

async function membersOf({ connection, name }: ReturnType<typeof redis.topic>): Promise<number> {
  return Number(await connection.call('ZCARD', [`{${name}}:members:g`]));
}

it.each(['join', 'roster'])('a lost answer to %s does not lock a partition', async (lost) => {
  let count = 0;
  const connection = interposed(redis.connection(), async (script, run) => {
    const result = await run();
    if (script !== lost) return result;
    count += 1;
    if (count <= 2) throw new ConnectionError('lost', { outcome: 'unknown' });
    return result;
  });
  const topic = openTopic<number>(uniqueName(), { connection, partitions: 2 });
  for (const key of ['a', 'b', 'c', 'd']) await topic.publish(1, { key });
  const seen: (string | undefined)[] = [];
  const consumer = topic.group('g').consume(({ key }) => void seen.push(key));
  consumer.on('error', () => {});

  await eventually(() => seen.length === 4, 5000);
  expect(consumer.partitions).toEqual([0, 1]);
  for (const at of [0, 1]) expect(await sessionsOf(topic, 'g', at)).toHaveLength(1);
});

it('a partition that cannot be reached keeps no member from the other partitions', async () => {
  const connection = redis.connection();
  let away = '';
  const partial = new Proxy(connection, {
    get(target, name) {
      const value = Reflect.get(target, name) as unknown;
      if (name !== 'run') return typeof value === 'function' ? value.bind(target) : value;
      return (script: never, input: { keys?: { stream?: string } }, options: never) => {
        if (input.keys?.stream !== away) return connection.run(script, input as never, options);
        return Promise.reject(new ConnectionError('away', { outcome: 'not-executed' }));
      };
    },
  });
  const topic = openTopic<number>(uniqueName(), { connection: partial, partitions: 4 });
  away = `{${topic.name}:0}:partition`;
  const consumer = topic.group('g').consume(() => {}, { leaseMs: 900 });
  consumer.on('error', () => {});

  await eventually(() => consumer.partitions.length === 3);
  away = '';
  await eventually(() => consumer.partitions.length === 4);
});

it('a member that learns of its loss while it settles starts nothing more', async () => {
  const isSettling = deferred();
  const goOn = deferred();
  const connection = interposed(redis.connection(), async (script, run) => {
    if (script === 'dead-letter') {
      isSettling.resolve();
      await goOn.promise;
    }
    return run();
  });
  const topic = openTopic<number>(uniqueName(), { connection, partitions: 1 });
  for (const n of [1, 2]) await topic.publish(n, { key: 'same' });
  const seen: number[] = [];
  const settled = deferred<unknown>();
  const consumer = topic.group('g').consume(
    async (delivery) => {
      seen.push(delivery.body);
      settled.resolve(await delivery.deadLetter().catch((error) => error));
    },
    { concurrency: 5, leaseMs: 300 },
  );
  let lost = 0;
  consumer.on('lost', ({ deliveries }) => {
    lost += deliveries.length;
  });
  await isSettling.promise;
  await eventually(async () => (await topic.group('g').stats()).pending === 2);
  const key = `{${topic.name}}:consumers:g`;
  const [session = ''] = await sessionsOf(topic, 'g');
  // Somebody else has recovered it, and has the partition.
  await topic.connection.call('ZADD', [key, Date.now() + 60_000, 'successor']);
  await topic.connection.call('ZREM', [key, session]);
  await eventually(() => lost === 2);
  goOn.resolve();

  expect(await settled.promise).toMatchObject({ code: 'LEASE_LOST' });
  await new Promise(setImmediate);
  expect(seen).toEqual([1]);
});

it('a retry that is still on its way is counted, though the held records are compared meanwhile', async () => {
  let isFailing = false;
  let refused = 0;
  const connection = interposed(redis.connection(), async (script, run) => {
    if (script === 'retry' && refused < 3) {
      isFailing ||= refused === 0;
      refused += 1;
      throw new ConnectionError('away', { outcome: 'not-executed' });
    }
    const result = await run();
    if (script === 'take' && isFailing) {
      isFailing = false;
      throw new ConnectionError('lost', { outcome: 'unknown' });
    }
    return result;
  });
  const topic = openTopic<number>(uniqueName(), { connection });
  const attempts: number[] = [];
  const consumer = topic.group('g').consume(
    ({ attempt, body }) => {
      if (body === 1) attempts.push(attempt);
      if (body === 1 && attempt === 1) throw new Error('not yet');
    },
    { backoff: fixed(20), leaseMs: 1500 },
  );
  consumer.on('error', () => {});
  await topic.publish(1);
  await eventually(() => refused > 0);
  await topic.publish(2);
  await eventually(async () => (await topic.group('g').stats()).total.acked === 2);

  expect(attempts).toEqual([1, 2]);
});

it('no handler starts on a lease that may have run out while the event loop was blocked', async () => {
  const topic = redis.topic<number>();
  const handled: number[] = [];
  let startedOnStaleLease: number | undefined;
  let isStale = false;
  const handle = ({ body }: TopicDelivery<number>) => {
    if (isStale) startedOnStaleLease ??= body;
    handled.push(body);
    // Handlers that return at once have others taken ahead, of which the next starts right away.
    if (handled.length !== 300) return;
    const until = performance.now() + 350;
    while (performance.now() < until);
    isStale = true;
    setImmediate(() => {
      isStale = false;
    });
  };
  await Promise.all(Array.from({ length: 500 }, (_, n) => topic.publish(n)));
  topic.group('g').consume(handle, { leaseMs: 300 });

  await eventually(() => handled.length === 500);
  expect(startedOnStaleLease).toBeUndefined();
  expect(handled).toEqual(Array.from({ length: 500 }, (_, n) => n));
});
