import { type Connection, ConnectionError } from '@redpost/core';
import { expect, it } from 'vitest';
import { eventually } from '../../../tooling/eventually.js';
import { interposed } from '../../../tooling/interposed.js';
import { ReturnedError, type TopicDelivery } from '../src/index.js';
import {
  deferred,
  openTopic,
  sessionsOf,
  type TestTopic,
  uniqueName,
  useTopics,
} from './support/topics.js';

const redis = useTopics();

it('a partition that cannot be left keeps a member neither in the others nor in the group', async () => {
  let failed = 0;
  const connection = interposed(redis.connection(), async (script, run) => {
    if (script === 'leave' && failed === 0) {
      failed += 1;
      throw new ConnectionError('away', { outcome: 'not-executed' });
    }
    return run();
  });
  const topic = openTopic<number>(uniqueName(), { connection, partitions: 2 });
  const consumer = topic.group('g').consume(() => {});
  const errors: Error[] = [];
  consumer.on('error', (error) => errors.push(error));
  await eventually(() => consumer.partitions.length === 2);
  await consumer.stop();

  const left = await Promise.all([0, 1].map((at) => sessionsOf(topic, 'g', at)));
  expect(left.map(({ length }) => length)).toEqual([1, 0]);
  expect(await membersOf(topic)).toBe(0);
  expect(errors).toMatchObject([{ code: 'CONNECTION' }]);
});

it.each(['join', 'enter'])(
  'a member that is stopped before its call to %s arrives leaves nothing behind',
  async (late) => {
    const [asked, stopped] = [deferred(), deferred()];
    let answers = 0;
    const connection = interposed(redis.connection(), async (script, run, input) => {
      if (script !== late || isLeaving(input)) return run();
      asked.resolve();
      await stopped.promise;
      return run().finally(() => {
        answers += 1;
      });
    });
    const topic = openTopic<number>(uniqueName(), { connection, partitions: 1 });
    const consumer = topic.group('g').consume(() => {});
    await asked.promise;
    await consumer.stop();
    stopped.resolve();
    await eventually(() => answers === 1);

    await eventually(async () => (await sessionsOf(topic, 'g')).length === 0);
    await eventually(async () => (await membersOf(topic)) === 0);
  },
);

function isLeaving(input: unknown): boolean {
  return (input as { leaseMs?: number }).leaseMs === 0;
}

async function membersOf({ connection, name }: TestTopic<number>): Promise<number> {
  return Number(await connection.call('ZCARD', [`{${name}}:members:g`]));
}

it('handlers are told at the deadline of stop, though Redis does not confirm that the subscription has ended', async () => {
  const confirmed = deferred();
  const connection = confirmsUnsubscribing(redis.connection(), confirmed.promise);
  const topic = openTopic<number>(uniqueName(), { connection });
  await topic.publish(1);
  const begun = deferred<TopicDelivery<number>>();
  const consumer = topic.group('g', { from: 'beginning' }).consume(async (delivery) => {
    begun.resolve(delivery);
    await confirmed.promise;
  });
  const { signal } = await begun.promise;
  const numberOfListeners = ['NUMSUB', `{${topic.name}}:signal:g`];
  await eventually(
    async () =>
      Number(((await connection.call('PUBSUB', numberOfListeners)) as unknown[])[1]) === 1,
  );
  const stopped = consumer.stop({ timeoutMs: 0 });
  await eventually(() => signal.aborted);
  confirmed.resolve();
  await stopped;

  expect((await topic.group('g').stats()).consumers).toBe(0);
});

/** A connection that unsubscribes when `confirmed` resolves. */
function confirmsUnsubscribing(connection: Connection, confirmed: Promise<void>): Connection {
  const subscribe: Connection['subscribe'] = async (...args) => {
    const unsubscribe = await connection.subscribe(...args);
    return () => confirmed.then(unsubscribe);
  };
  return new Proxy(connection, {
    get(target, name) {
      if (name === 'subscribe') return subscribe;
      const value = Reflect.get(target, name) as unknown;
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

it.each([undefined, 2])(
  'records that stop and close return count no attempt, and their handlers are told (partitions: %s)',
  async (partitions) => {
    const name = uniqueName();
    const options = partitions === undefined ? {} : { partitions };
    const group = { from: 'beginning' } as const;
    for (const end of ['stop', 'close'] as const) {
      const topic = openTopic<number>(name, { connection: redis.connection(), ...options });
      if (end === 'stop') await topic.publish(1);
      const begun = deferred<TopicDelivery<number>>();
      const consumer = topic.group('g', group).consume(async (delivery) => {
        void delivery.signal;
        begun.resolve(delivery);
        await new Promise(() => {});
      });
      const returned: unknown[] = [];
      consumer.on('returned', ({ deliveries }) => returned.push(...deliveries));
      const delivery = await begun.promise;
      const closed = end === 'close' ? topic.close() : undefined;
      await consumer.stop({ timeoutMs: 0 });
      await closed;

      expect(delivery.attempt).toBe(1);
      expect(returned).toEqual([delivery]);
      expect(delivery.signal.reason).toBeInstanceOf(ReturnedError);
      await expect(delivery.ack()).rejects.toBeInstanceOf(ReturnedError);
    }

    const topic = openTopic<number>(name, { connection: redis.connection(), ...options });
    const last = deferred<number>();
    topic.group('g', group).consume(({ attempt }) => last.resolve(attempt));
    expect(await last.promise).toBe(1);
    expect((await topic.group('g').stats()).total.retried).toBe(0);
  },
);

it('a handler that awaits stop, or the end of its topic, is not waited for by itself', async () => {
  const topic = openTopic<number>(uniqueName(), { connection: redis.connection() });
  const stopped = deferred();
  await topic.publish(1);
  const consumer = topic.group('g', { from: 'beginning' }).consume(async () => {
    await new Promise((resolve) => setImmediate(resolve));
    await Promise.all([consumer.stop({ timeoutMs: 60_000 }), topic.close()]);
  });
  consumer.on('stopped', () => stopped.resolve());
  await stopped.promise;

  const { connection, name } = topic;
  const [pending] = (await connection.call('XPENDING', [name, 'g'])) as unknown[];
  expect(pending).toBe(0);
});
