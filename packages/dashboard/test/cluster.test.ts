import { createServer } from 'node:http';
import { type Connection, connect } from '@redpost/core';
import { type EmbeddedRedis, startRedis } from '@redpost/core/embedded';
import { expect, it, onTestFinished } from 'vitest';
import { eventuallyPasses } from '../../../tooling/eventually.js';
import { startTestCluster, type TestCluster } from '../../../tooling/test-cluster.js';
import { createDashboard } from '../src/index.js';
import { served } from './support/use-dashboard.js';

async function startCluster(): Promise<TestCluster<EmbeddedRedis, Connection>> {
  const cluster = await startTestCluster({ startRedis, connect });
  onTestFinished(() => cluster.stop());
  return cluster;
}

const listener = {
  message() {},
  interrupted() {},
  resumed() {},
};

it('in a Cluster the subscribers of all nodes are counted, of those that answer', async () => {
  const cluster = await startCluster();
  const nodes = [...cluster.masters, ...cluster.replicas];
  for (const { admin } of nodes.slice(0, 5)) {
    await admin.subscribe({ kind: 'channel', name: 'news' }, listener);
  }
  const [last] = cluster.replicas.slice(-1);
  await last?.admin.subscribe({ kind: 'channel', name: 'only here' }, listener);
  await last?.admin.subscribe({ kind: 'pattern', name: 'n*' }, listener);
  const owner = await cluster.ownerOf('ticks');
  await owner.admin.subscribe({ kind: 'shard', name: 'ticks' }, listener);

  const connection = connect(cluster.addresses);
  connection.on('error', () => {});
  onTestFinished(() => connection.close());
  const dashboard = createDashboard({ connection });
  onTestFinished(() => dashboard.close());
  const { get } = await served(createServer(dashboard.node));

  // The client learns of the replicas some time later.
  await eventuallyPasses(async () => {
    expect((await get('/channels')).body).toMatchObject({
      channels: [
        { name: 'news', isSharded: false, subscribers: 5 },
        { name: 'only here', isSharded: false, subscribers: 1 },
        { name: 'ticks', isSharded: true, subscribers: 1 },
      ],
      found: 3,
      patterns: 1,
    });
  });
  expect((await get('/channels/news')).body).toMatchObject({ subscribers: 5 });

  await cluster.replicas[0]?.redis.stop();
  await eventuallyPasses(async () => {
    expect((await get('/channels/news')).body).toMatchObject({ subscribers: 4 });
  });
}, 30_000);
