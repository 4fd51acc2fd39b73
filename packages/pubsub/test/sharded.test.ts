import { connect } from '@redpost/core';
import { startRedis } from '@redpost/core/embedded';
import { describe, expect, it, onTestFinished } from 'vitest';
import { eventuallyPasses } from '../../../tooling/eventually.js';
import { isBeforeRedis7, noShards, startsBeforeRedis7 } from '../../../tooling/redis-version.js';
import { PubSub, UnsupportedError } from '../src/index.js';
import { testRedis, uniqueName } from './support/redis.js';
import { take } from './support/take.js';

const redis = testRedis();

describe('sharded channels of a single server', () => {
  it('are apart from plain ones of the same name, and resume', async ({ skip }) => {
    if (await isBeforeRedis7(redis.admin)) skip(noShards);
    const channel = uniqueName();
    const sharded = redis.pubsub({ sharded: true });
    const subscription = await sharded.subscribe(channel);
    const plain = await redis.pubsub().subscribe(channel);
    const resumed = new Promise((resolve) => subscription.on('resumed', resolve));

    await redis.admin.call('CLIENT', ['KILL', 'TYPE', 'pubsub']);
    await resumed;
    expect(await sharded.publish(channel, 'sharded')).toBe(1);
    await eventuallyPasses(async () =>
      expect(await redis.pubsub().publish(channel, 'plain')).toBe(1),
    );

    expect(await take(subscription, 1)).toEqual(['sharded']);
    expect(await take(plain, 1)).toEqual(['plain']);
  });

  it('are refused with a clear error by a server that has none', async () => {
    const names = startsBeforeRedis7() ? [] : ['SPUBLISH', 'SSUBSCRIBE'];
    const renamed = names.flatMap((name) => ['--rename-command', name, '']);
    const old = await startRedis({ args: renamed });
    onTestFinished(() => old.stop());
    const connection = connect(old.url);
    onTestFinished(() => connection.close());
    const pubsub = new PubSub({ connection, sharded: true });

    await expect(pubsub.publish('a', 1)).rejects.toThrow(UnsupportedError);
    const batch = await pubsub.publishBatch([
      { channel: 'a', body: 1 },
      { channel: 'b', body: 2 },
    ]);
    for (const outcome of batch) expect(outcome).toMatchObject({ error: { code: 'UNSUPPORTED' } });
    await expect(pubsub.subscribe('a')).rejects.toMatchObject({ code: 'UNSUPPORTED' });
  });
});
