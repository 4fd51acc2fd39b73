import { connect } from '@redpost/core';
import { describe, expect, it, onTestFinished } from 'vitest';
import { eventually } from '../../../tooling/eventually.js';
import { oldProtocols } from '../../../tooling/old-protocols.js';
import { isBeforeRedis7, noShards } from '../../../tooling/redis-version.js';
import { PubSub } from '../src/index.js';
import { testRedis } from './support/redis.js';

describe.each(oldProtocols)('with %s', (_, { args, query }) => {
  const redis = testRedis({ args });
  const connection = () => {
    const opened = connect(redis.url + query);
    onTestFinished(() => opened.close());
    return opened;
  };

  it.for([false, true])(
    'channels carry messages and replies (sharded: %s)',
    async (sharded, { skip }) => {
      if (sharded && (await isBeforeRedis7(redis.admin))) skip(noShards);
      const pubsub = new PubSub<string>({ connection: connection(), sharded });
      const heard: string[] = [];
      const onMessage = ({ body }: { body: string }) => void heard.push(body);
      const subscription = await pubsub.subscribe('news', { onMessage });
      const paused = await pubsub.subscribe('news', { overflow: 'pause' });

      expect(await pubsub.publish('news', 'a')).toBe(2);
      expect((await paused.next({ timeoutMs: 30_000 }))?.body).toBe('a');
      await eventually(() => heard.length === 1);
      await subscription.close();
      await paused.close();
      await eventually(async () => (await pubsub.publish('news', 'b')) === 0);
      expect(heard).toEqual(['a']);
    },
  );

  it('requests are answered, and patterns match', async () => {
    const pubsub = new PubSub<string>({ connection: connection() });
    const heard: string[] = [];
    await pubsub.subscribePattern('news.*', { onMessage: ({ channel }) => heard.push(channel) });
    await pubsub.respond('time', () => 'noon');

    expect(await pubsub.request('time', 'when?')).toBe('noon');
    expect(await pubsub.publish('news.today', 'rain')).toBe(1);
    await eventually(() => heard.length === 1);
    expect(heard).toEqual(['news.today']);
  });
});
