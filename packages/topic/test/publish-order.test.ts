import type { Connection } from '@redpost/core';
import { type EmbeddedRedis, startRedis } from '@redpost/core/embedded';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { migrateTwice } from '../../../tooling/migrate-twice.js';
import { inOrder, publishUntil } from '../../../tooling/publish-until.js';
import { keepBusy, soonBusy } from '../../../tooling/while-busy.js';
import { Topic } from '../src/index.js';
import { startCluster, type TestCluster } from './support/cluster.js';
import { openConnection } from './support/topics.js';

/** The bodies of a topic's records. */
async function recordsOf(connection: Connection, topic: string): Promise<number[]> {
  const entries = (await connection.call('XRANGE', [topic, '-', '+'])) as [Buffer, Buffer[]][];
  return entries.map(([, fields]) => Number(String(fields[1])));
}

describe('while Redis is busy, publishes that are not awaited keep their order', () => {
  let redis: EmbeddedRedis;
  beforeAll(async () => {
    redis = await startRedis({ args: soonBusy });
  });
  afterAll(() => redis?.stop());

  it('in a topic', async () => {
    const connection = openConnection(redis.url);
    const topic = new Topic<number>('busy', { connection });
    await topic.publish(-1);
    await connection.call('DEL', ['busy']);

    const count = await publishUntil(keepBusy(openConnection(redis.url), 300), (n) =>
      topic.publish(n),
    );

    expect(await recordsOf(connection, 'busy')).toEqual(inOrder(count));
  });
});

describe('while a slot moves to another node and back, publishes that are not awaited keep their order', () => {
  let cluster: TestCluster;
  beforeAll(async () => {
    cluster = await startCluster();
  }, 30_000);
  afterAll(() => cluster?.stop());

  it('in a topic', async () => {
    const connection = openConnection(cluster.addresses);
    const topic = new Topic<number>('moving', { connection });
    await topic.publish(-1, { id: 'one more key in the slot' });
    await connection.call('DEL', ['moving']);

    const count = await publishUntil(migrateTwice(cluster, 'moving'), (n) => topic.publish(n));

    expect(await recordsOf(connection, 'moving')).toEqual(inOrder(count));
  });
});
