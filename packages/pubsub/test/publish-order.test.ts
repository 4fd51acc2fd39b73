import { setTimeout as pause } from 'node:timers/promises';
import { type Connection, connect } from '@redpost/core';
import { type EmbeddedRedis, startRedis } from '@redpost/core/embedded';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { migrateSlotOf } from '../../../tooling/cluster.js';
import { eventually } from '../../../tooling/eventually.js';
import { keepBusy, soonBusy } from '../../../tooling/while-busy.js';
import { PubSub, Topic } from '../src/index.js';
import { startCluster, type TestCluster } from './support/cluster.js';

const inOrder = (count: number) => Array.from({ length: count }, (_, n) => n);

/** Publishes number after number without awaiting any until `until` has resolved. */
async function publishUntil(
  until: Promise<unknown>,
  publish: (n: number) => Promise<unknown>,
): Promise<number> {
  const published: Promise<unknown>[] = [];
  let isOver = false;
  const over = until.finally(() => {
    isOver = true;
  });
  while (!isOver) {
    for (let at = 0; at < 3; at += 1) published.push(publish(published.length));
    await pause(2);
  }
  await over;
  await Promise.all(published);
  return published.length;
}

/** The bodies of a topic's records, and of a channel's messages as they arrive. */
async function recordsOf(connection: Connection, topic: string): Promise<number[]> {
  const entries = (await connection.call('XRANGE', [topic, '-', '+'])) as [Buffer, Buffer[]][];
  return entries.map(([, fields]) => Number(String(fields[1])));
}

async function listen(connection: Connection, channel: string) {
  const received: number[] = [];
  const gaps: unknown[] = [];
  const pubsub = new PubSub<number>({ connection, sequenced: true });
  const subscription = await pubsub.subscribe(channel, {
    onMessage: ({ body }) => void received.push(body),
  });
  subscription.on('gap', (gap) => gaps.push(gap));
  return { received, gaps };
}

function opened(target: string | string[]): Connection {
  const connection = connect(target);
  connection.on('error', () => {});
  onTestFinished(() => connection.close());
  return connection;
}

describe('while Redis is busy, what nobody awaits keeps its order', () => {
  let redis: EmbeddedRedis;
  beforeAll(async () => {
    redis = await startRedis({ args: soonBusy });
  });
  afterAll(() => redis?.stop());

  it('in a topic', async () => {
    const connection = opened(redis.url);
    const topic = new Topic<number>('busy', { connection });
    await topic.publish(-1);
    await connection.call('DEL', ['busy']);

    const count = await publishUntil(keepBusy(opened(redis.url), 300), (n) => topic.publish(n));

    expect(await recordsOf(connection, 'busy')).toEqual(inOrder(count));
  });

  it('in a channel, where nothing is reported as missing', async () => {
    const connection = opened(redis.url);
    await connection.ping();
    const { received, gaps } = await listen(opened(redis.url), 'busy');
    const pubsub = new PubSub<number>({ connection, sequenced: true });

    const count = await publishUntil(keepBusy(opened(redis.url), 300), (n) =>
      pubsub.publish('busy', n),
    );

    await eventually(() => received.length === count);
    expect(received).toEqual(inOrder(count));
    expect(gaps).toEqual([]);
  });
});

describe('while a slot moves to another node and back, what nobody awaits keeps its order', () => {
  let cluster: TestCluster;
  beforeAll(async () => {
    cluster = await startCluster();
  }, 30_000);
  afterAll(() => cluster?.stop());

  /** There and back, with time to publish at each step. */
  async function migrateTwice(key: string): Promise<void> {
    const owner = await cluster.ownerOf(key);
    const other = cluster.masters.find((node) => node !== owner) as typeof owner;
    const masters = cluster.masters.map(({ admin, id, redis }) => ({
      id,
      port: redis.port,
      call: (command: string, args: (string | number)[]) => admin.call(command, args),
    }));
    const [from, to] = [owner, other].map(({ id }) => masters.find((node) => node.id === id));
    for (const [source, sink] of [
      [from, to],
      [to, from],
    ]) {
      if (source && sink) await migrateSlotOf(key, source, sink, masters, () => pause(50));
      await pause(50);
    }
  }

  it('in a topic', async () => {
    const connection = opened(cluster.addresses);
    const topic = new Topic<number>('moving', { connection });
    await topic.publish(-1, { id: 'one more key in the slot' });
    await connection.call('DEL', ['moving']);

    const count = await publishUntil(migrateTwice('moving'), (n) => topic.publish(n));

    expect(await recordsOf(connection, 'moving')).toEqual(inOrder(count));
  });

  it('in a channel, where nothing is reported as missing', async () => {
    const connection = opened(cluster.addresses);
    const { received, gaps } = await listen(opened(cluster.addresses), 'moving');
    const pubsub = new PubSub<number>({ connection, sequenced: true });

    const count = await publishUntil(migrateTwice('moving'), (n) => pubsub.publish('moving', n));

    await eventually(() => received.length === count);
    expect(received).toEqual(inOrder(count));
    expect(gaps).toEqual([]);
  });
});
