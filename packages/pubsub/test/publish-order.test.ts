import { type Connection, connect } from '@redpost/core';
import { type EmbeddedRedis, startRedis } from '@redpost/core/embedded';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { eventually } from '../../../tooling/eventually.js';
import { migrateTwice } from '../../../tooling/migrate-twice.js';
import { inOrder, publishUntil } from '../../../tooling/publish-until.js';
import { keepBusy, soonBusy } from '../../../tooling/while-busy.js';
import { PubSub } from '../src/index.js';
import { startCluster, type TestCluster } from './support/cluster.js';

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

describe('while Redis is busy, publishes that are not awaited keep their order', () => {
  let redis: EmbeddedRedis;
  beforeAll(async () => {
    redis = await startRedis({ args: soonBusy });
  });
  afterAll(() => redis?.stop());

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

describe('while a slot moves to another node and back, publishes that are not awaited keep their order', () => {
  let cluster: TestCluster;
  beforeAll(async () => {
    cluster = await startCluster();
  }, 30_000);
  afterAll(() => cluster?.stop());

  it('in a channel, where nothing is reported as missing', async () => {
    const connection = opened(cluster.addresses);
    const { received, gaps } = await listen(opened(cluster.addresses), 'moving');
    const pubsub = new PubSub<number>({ connection, sequenced: true });

    const count = await publishUntil(migrateTwice(cluster, 'moving'), (n) =>
      pubsub.publish('moving', n),
    );

    await eventually(() => received.length === count);
    expect(received).toEqual(inOrder(count));
    expect(gaps).toEqual([]);
  });
});
