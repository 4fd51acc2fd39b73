import { describe, expect, it } from 'vitest';
import { eventuallyPasses } from '../../../tooling/eventually.js';
import { OverflowError } from '../src/index.js';
import { testRedis, uniqueName } from './support/redis.js';
import { take } from './support/take.js';

const redis = testRedis();

async function publishMany(channel: string, count: number): Promise<void> {
  const pubsub = redis.pubsub<number>();
  await Promise.all(Array.from({ length: count }, (_, n) => pubsub.publish(channel, n)));
}

describe('a subscriber that reads too slowly', () => {
  it('loses the oldest messages by default', async () => {
    const channel = uniqueName();
    const subscription = await redis.pubsub().subscribe(channel, { maxBuffered: 10 });
    subscription.on('overflow', () => {});

    await publishMany(channel, 100);

    await eventuallyPasses(() => expect(subscription.dropped).toBe(90));
    expect(subscription.buffered).toBe(10);
    expect(await take(subscription, 10)).toEqual([90, 91, 92, 93, 94, 95, 96, 97, 98, 99]);
  });

  it('loses the newest with drop-newest', async () => {
    const channel = uniqueName();
    const pubsub = redis.pubsub<number>({ maxBuffered: 5, overflow: 'drop-newest' });
    const subscription = await pubsub.subscribe(channel);
    subscription.on('overflow', () => {});

    await publishMany(channel, 100);
    await eventuallyPasses(() => expect(subscription.dropped).toBe(95));
    expect(await take(subscription, 5)).toEqual([0, 1, 2, 3, 4]);

    await pubsub.publish(channel, 100);
    expect(await take(subscription, 1)).toEqual([100]);
  });

  it('is closed with close, after it has read the kept messages', async () => {
    const channel = uniqueName();
    const options = { maxBuffered: 3, overflow: 'close' } as const;
    const subscription = await redis.pubsub().subscribe(channel, options);
    subscription.on('overflow', () => {});

    await publishMany(channel, 100);
    await eventuallyPasses(() => expect(subscription.closeReason).toBe('overflow'));
    await eventuallyPasses(async () => expect(await redis.subscribers(channel)).toBe(0));

    const bodies: unknown[] = [];
    for await (const { body } of subscription) bodies.push(body);
    expect(bodies).toEqual([0, 1, 2]);
    expect(subscription.dropped).toBe(1);
  });

  it('is told in a few events, which add up to the number of dropped messages', async () => {
    const channel = uniqueName();
    const subscription = await redis.pubsub().subscribe(channel, { maxBuffered: 1 });
    const reports: { dropped: number; total: number }[] = [];
    subscription.on('overflow', (report) => reports.push(report));
    const begun = performance.now();

    await publishMany(channel, 5000);
    await eventuallyPasses(() => expect(subscription.dropped).toBe(4999));
    await subscription.close();

    expect(reports[0]).toEqual({ dropped: 1, total: 1 });
    expect(reports.at(-1)?.total).toBe(4999);
    expect(reports.reduce((sum, { dropped }) => sum + dropped, 0)).toBe(4999);
    // At once, every second, and at the end.
    const seconds = (performance.now() - begun) / 1000;
    expect(reports.length).toBeLessThanOrEqual(seconds + 2);
  });

  it('is told by the event error when it does not listen to overflow', async () => {
    const channel = uniqueName();
    const subscription = await redis.pubsub().subscribe(channel, { maxBuffered: 1 });
    const errors: Error[] = [];
    subscription.on('error', (error) => errors.push(error));

    await publishMany(channel, 2);

    await eventuallyPasses(() => expect(errors).toHaveLength(1));
    expect(errors[0]).toBeInstanceOf(OverflowError);
    expect(errors[0]).toMatchObject({ code: 'OVERFLOW', dropped: 1 });
    expect(errors[0]?.message).toContain(channel);
  });

  it('does not hold up the others of its channel', async () => {
    const channel = uniqueName();
    const pubsub = redis.pubsub();
    const slow = await pubsub.subscribe(channel, { maxBuffered: 1, overflow: 'close' });
    const fast = await pubsub.subscribe(channel);
    slow.on('overflow', () => {});

    await publishMany(channel, 50);

    expect(await take(fast, 50)).toEqual(Array.from({ length: 50 }, (_, n) => n));
    expect(slow.closeReason).toBe('overflow');
    expect(fast.dropped).toBe(0);
  });
});
