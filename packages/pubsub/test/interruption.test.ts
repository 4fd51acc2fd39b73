import { describe, expect, it } from 'vitest';
import { eventuallyPasses } from '../../../tooling/eventually.js';
import type { Subscription } from '../src/index.js';
import { testRedis, uniqueName } from './support/redis.js';
import { take } from './support/take.js';

const redis = testRedis();

/** What a subscription says about its connection, in order. */
function eventsOf(subscription: Subscription): string[] {
  const entries: string[] = [];
  subscription.on('interrupted', ({ error }) => entries.push(`interrupted: ${error.name}`));
  subscription.on('resumed', ({ downMs }) => entries.push(`resumed: ${downMs >= 0}`));
  return entries;
}

const once = ['interrupted: ConnectionError', 'resumed: true'];
const killSubscribers = () => redis.admin.call('CLIENT', ['KILL', 'TYPE', 'pubsub']);

describe('a subscription whose connection is killed', () => {
  it('says so, and hears again when it says that it has resumed', async () => {
    const channel = uniqueName();
    const pubsub = redis.pubsub();
    const subscription = await pubsub.subscribe(channel);
    const entries = eventsOf(subscription);
    const hears = new Promise<number>((resolve) => {
      subscription.on('resumed', () => resolve(pubsub.publish(channel, 'after')));
    });

    await killSubscribers();

    expect(await hears).toBe(1);
    expect(await take(subscription, 1)).toEqual(['after']);
    expect(entries).toEqual(once);
  });

  it('says it once for many channels and patterns, when all are back', async () => {
    const channels = Array.from({ length: 1200 }, () => uniqueName());
    const prefix = uniqueName('pattern');
    const pubsub = redis.pubsub();
    const subscription = await pubsub.subscribe(channels);
    const patterns = await pubsub.subscribePattern([`${prefix}.a*`, `${prefix}.b*`]);
    const entries = [eventsOf(subscription), eventsOf(patterns)];
    const receivers = new Promise<number[]>((resolve) => {
      subscription.on('resumed', () => {
        resolve(Promise.all(channels.map((channel) => pubsub.publish(channel, channel))));
      });
    });

    await killSubscribers();

    expect(await receivers).toEqual(channels.map(() => 1));
    expect(await take(subscription, 1200)).toEqual(channels);
    await eventuallyPasses(() => expect(entries).toEqual([once, once]));
    expect(await pubsub.publish(`${prefix}.b1`, 'pattern')).toBe(1);
    expect(await take(patterns, 1)).toEqual(['pattern']);
  });

  it('survives it again and again', async () => {
    const channel = uniqueName();
    const pubsub = redis.pubsub<number>();
    const subscription = await pubsub.subscribe(channel);
    const entries = eventsOf(subscription);

    for (let round = 1; round <= 5; round++) {
      await killSubscribers();
      await eventuallyPasses(() => expect(entries).toHaveLength(round * 2));
      expect(await pubsub.publish(channel, round)).toBe(1);
    }

    expect(await take(subscription, 5)).toEqual([1, 2, 3, 4, 5]);
    expect(entries).toEqual([...once, ...once, ...once, ...once, ...once]);
  });

  it('resumes also when another one joins its channel meanwhile', async () => {
    const channel = uniqueName();
    const pubsub = redis.pubsub();
    const first = await pubsub.subscribe(channel);
    const entries = eventsOf(first);
    const joining = new Promise<Subscription>((resolve) => {
      first.on('interrupted', () => resolve(pubsub.subscribe(channel)));
    });

    await killSubscribers();
    const second = await joining;
    const secondEntries = eventsOf(second);

    await eventuallyPasses(() => expect(entries).toEqual(once));
    expect(secondEntries).toEqual([]);
    await pubsub.publish(channel, 'both');
    expect(await take(first, 1)).toEqual(['both']);
    expect(await take(second, 1)).toEqual(['both']);
  });

  it('can be closed while the connection is away, and is not subscribed again', async () => {
    const [channel, other] = [uniqueName(), uniqueName()];
    const pubsub = redis.pubsub();
    const staying = await pubsub.subscribe(other);
    const leaving = await pubsub.subscribe(channel);
    const entries = eventsOf(leaving);
    const closed = new Promise<void>((resolve) => {
      leaving.on('interrupted', () => resolve(leaving.close()));
    });

    await killSubscribers();
    await closed;
    await new Promise<void>((resolve) => {
      staying.on('resumed', () => resolve());
    });

    expect(await redis.subscribers(channel)).toBe(0);
    expect(await redis.subscribers(other)).toBe(1);
    expect(entries).toEqual(['interrupted: ConnectionError']);
  });

  it('does not disturb publishing, which has a connection of its own', async () => {
    const channel = uniqueName();
    const pubsub = redis.pubsub();
    await pubsub.subscribe(uniqueName());

    await killSubscribers();

    expect(await pubsub.publish(channel, 1)).toBe(0);
  });
});
