import { describe, expect, it, onTestFinished } from 'vitest';
import { eventually } from '../../../tooling/eventually.js';
import { oldProtocols } from '../../../tooling/old-protocols.js';
import { PubSub, Topic } from '../src/index.js';
import { openConnection, useTopics } from './support/topics.js';

describe.each(oldProtocols)('with %s', (_, { args, query }) => {
  const redis = useTopics({ args });
  const connection = () => openConnection(redis.url + query);

  it.each([false, true])('channels carry messages and replies (sharded: %s)', async (sharded) => {
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
  });

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

  it('a topic is read, and consumed by a group', async () => {
    const topic = new Topic<string>('events', { connection: connection() });
    onTestFinished(() => topic.close());
    const seen: string[] = [];
    const group = topic.group('billing');
    const errors: unknown[] = [];
    group.consume(({ body }) => seen.push(body)).on('error', (error) => errors.push(error));

    await topic.publish('one');
    await eventually(() => seen.length === 1);
    await topic.publish('two');
    await eventually(() => seen.length === 2);
    const read: string[] = [];
    for await (const { body } of topic.read({ from: 'beginning' })) {
      read.push(body);
      if (read.length === 2) await topic.publish('three');
      if (read.length === 3) break;
    }

    expect(read).toEqual(['one', 'two', 'three']);
    await eventually(async () => (await group.stats()).total.acked === 3);
    expect(await group.stats()).toMatchObject({ lag: 0, pending: 0, total: { acked: 3 } });
    expect(errors).toEqual([]);
  });
});
