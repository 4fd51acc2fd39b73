import { type Connection, connect } from '@redpost/core';
import { type EmbeddedRedis, startRedis } from '@redpost/core/embedded';
import { PubSub } from '@redpost/pubsub';
import { Topic } from '@redpost/topic';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { eventually } from '../../tooling/eventually.js';
import { startPair, untilReplicaIsKnown } from '../../tooling/replication.js';
import { type Sentinel, startSentinel } from '../../tooling/sentinel.js';

let master: EmbeddedRedis;
let replica: EmbeddedRedis;
let sentinel: Sentinel;
let connection: Connection;

beforeAll(async () => {
  ({ master, replica } = await startPair({ startRedis, connect }));
  const server = process.env.REDPOST_REDIS_SERVER ?? 'redis-server';
  sentinel = await startSentinel(server, master.port);
  await untilReplicaIsKnown({ connect }, sentinel.port, replica.port);
  connection = connect({
    name: 'mymaster',
    sentinels: [{ host: '127.0.0.1', port: sentinel.port }],
  });
  connection.on('error', () => {}); // The master will be gone for a while.
});

afterAll(async () => {
  await connection?.close();
  await sentinel?.stop();
  await Promise.all([master?.stop(), replica?.stop()]);
});

it('channels and topics go on at the new master after a failover', async () => {
  const pubsub = new PubSub<string>({ connection });
  const received: string[] = [];
  const events: string[] = [];
  const subscription = await pubsub.subscribe('news', {
    onMessage: ({ body }) => void received.push(body),
  });
  subscription.on('interrupted', () => events.push('interrupted'));
  subscription.on('resumed', () => events.push('resumed'));

  const topic = new Topic<number>('numbers', { connection });
  const handled = new Set<number>();
  const errors: Error[] = [];
  topic.on('error', (error) => errors.push(error));
  const group = topic.group('all', { from: 'beginning' });
  const consumer = group.consume(({ body }) => void handled.add(body), { leaseMs: 1000 });
  consumer.on('error', (error) => errors.push(error));
  consumer.on('lost', () => {});
  for (let n = 0; n < 100; n += 1) await topic.publish(n);
  await eventually(() => handled.size === 100);
  await topic.publish(100);
  expect(await connection.call('WAIT', [1, 5000])).toBe(1);

  await master.kill();
  await eventually(() => events.includes('resumed'), 20_000);
  await eventually(async () => (await topic.publish(101)) !== '', 20_000);
  await eventually(async () => (await pubsub.publish('news', 'after')) === 1);

  expect(events).toEqual(['interrupted', 'resumed']);
  await eventually(() => received.includes('after'));
  await eventually(() => handled.has(100) && handled.has(101), 20_000);
  await topic.close();
  await pubsub.close();
});
