import type { Connection } from '@redpost/core';
import { type EmbeddedRedis, startRedis } from '@redpost/core/embedded';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { eventually } from '../../../tooling/eventually.js';
import { migrateTwice, moveAtOnce } from '../../../tooling/migrate-twice.js';
import { inOrder, publishUntil } from '../../../tooling/publish-until.js';
import { needValkey9 } from '../../../tooling/redis-version.js';
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

  it('in a topic that a group consumes, when its slot moves in one piece', async ({ skip }) => {
    needValkey9(skip);
    const connection = openConnection(cluster.addresses);
    const topic = new Topic<number>('moving at once', { connection });
    const handled: number[] = [];
    const other = new Topic<number>('moving at once', {
      connection: openConnection(cluster.addresses),
    });
    const group = other.group('g', { from: 'beginning' });
    const consumer = group.consume(({ body }) => void handled.push(body), { concurrency: 1 });
    onTestFinished(() => consumer.stop());

    const moving = moveAtOnce(cluster, 'moving at once', {
      times: 6,
      between: async () => {
        const before = handled.length;
        await eventually(() => handled.length > before + 20);
      },
    });
    const count = await publishUntil(moving, (n) => topic.publish(n));

    expect(await recordsOf(connection, 'moving at once')).toEqual(inOrder(count));
    await eventually(() => handled.length >= count);
    expect(handled).toEqual(inOrder(count));
  });
});
