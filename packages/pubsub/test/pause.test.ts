import { describe, expect, it } from 'vitest';
import { collectGarbage } from '../../../tooling/collect-garbage.js';
import { eventuallyPasses } from '../../../tooling/eventually.js';
import { idleMsSince } from '../../../tooling/machine-pace.js';
import { rejection } from '../../../tooling/rejection.js';
import { testRedis, uniqueName } from './support/redis.js';
import { take } from './support/take.js';

const redis = testRedis();

/** The bytes that are in use beside the heap of this process, and on it. */
function memory(): number {
  collectGarbage();
  const { heapUsed, external, arrayBuffers } = process.memoryUsage();
  return heapUsed + Math.max(external, arrayBuffers);
}

describe('a subscription that pauses', () => {
  it('loses no message that Redis can buffer, and reports when it pauses and continues', async () => {
    const channel = uniqueName();
    const count = 30_000;
    const pubsub = redis.pubsub<number>();
    const options = { maxBuffered: 100, overflow: 'pause' } as const;
    const subscription = await pubsub.subscribe(channel, options);
    const entries: string[] = [];
    subscription.on('paused', () => entries.push('paused'));
    subscription.on('unpaused', ({ pausedMs }) => entries.push(`unpaused ${pausedMs > 0}`));

    await Promise.all(Array.from({ length: count }, (_, n) => pubsub.publish(channel, n)));
    await eventuallyPasses(() => expect(subscription.paused).toBe(true));
    expect(subscription.buffered).toBeLessThan(10_000);

    expect(await take(subscription, count)).toEqual(Array.from({ length: count }, (_, n) => n));
    expect(subscription.dropped).toBe(0);
    expect(entries.slice(0, 3)).toEqual(['paused', 'unpaused true', 'paused']);
    expect(subscription.paused).toBe(false);
  });

  it('does not hold up the other subscriptions of its connection', async () => {
    const channel = uniqueName();
    const pubsub = redis.pubsub<number>();
    const slow = await pubsub.subscribe(channel, { maxBuffered: 1, overflow: 'pause' });
    const fast = await pubsub.subscribe(channel);

    const receivers = await Promise.all([1, 2, 3].map((n) => pubsub.publish(channel, n)));
    await eventuallyPasses(() => expect(slow.paused).toBe(true));
    await pubsub.publish(channel, 4);

    expect(receivers).toEqual([2, 2, 2]);
    expect(await take(fast, 4)).toEqual([1, 2, 3, 4]);
    expect(await take(slow, 4)).toEqual([1, 2, 3, 4]);
  });

  it('is interrupted when it pauses for longer than maxPauseMs, and says why', async () => {
    const channel = uniqueName();
    const pubsub = redis.pubsub<number>({ overflow: 'pause', maxPauseMs: 200 });
    const subscription = await pubsub.subscribe(channel, { maxBuffered: 1 });
    const events: string[] = [];
    subscription.on('paused', () => events.push('paused'));
    subscription.on('interrupted', ({ error }) => events.push(error.message));
    subscription.on('resumed', () => events.push('resumed'));

    await pubsub.publish(channel, 1);
    await eventuallyPasses(() => expect(events).toContain('resumed'));
    const [first, why, third] = events;

    expect([first, third]).toEqual(['paused', 'resumed']);
    expect(why).toContain('maxPauseMs');
    expect(await take(subscription, 1)).toEqual([1]);
    await pubsub.publish(channel, 2);
    expect(await take(subscription, 1)).toEqual([2]);
  });

  it('rejects a maxPauseMs that is not a duration', async () => {
    const subscribing = redis.pubsub().subscribe(uniqueName(), { maxPauseMs: 0 });
    expect(await rejection(subscribing)).toMatchObject({ code: 'INVALID_ARGUMENT' });
  });

  it('is not taken for dead by its own keep-alive, however long it pauses', async () => {
    const channel = uniqueName();
    const connection = redis.connect({ keepAliveMs: 20 });
    const pubsub = redis.pubsub<number>({ connection });
    const subscription = await pubsub.subscribe(channel, { maxBuffered: 1, overflow: 'pause' });
    const interruptions: Error[] = [];
    subscription.on('interrupted', ({ error }) => interruptions.push(error));
    const other = await pubsub.subscribe(uniqueName());

    await pubsub.publish(channel, 1);
    await eventuallyPasses(() => expect(subscription.paused).toBe(true));
    // Ten times as long as it would take to call the server dead.
    await other.next({ timeoutMs: 300 });
    await pubsub.publish(channel, 2);

    expect(await take(subscription, 2)).toEqual([1, 2]);
    expect(interruptions).toEqual([]);
  });

  it('waits for a handler that takes its time', async () => {
    const channel = uniqueName();
    const pubsub = redis.pubsub<number>();
    const seen: number[] = [];
    const handlers: (() => void)[] = [];
    const subscription = await pubsub.subscribe(channel, {
      maxBuffered: 2,
      overflow: 'pause',
      onMessage: async ({ body }) => {
        await new Promise<void>((resolve) => handlers.push(resolve));
        seen.push(body);
      },
    });
    await Promise.all([1, 2, 3, 4, 5].map((n) => pubsub.publish(channel, n)));
    await eventuallyPasses(() => expect(subscription.paused).toBe(true));

    for (let n = 0; n < 5; n++) {
      await eventuallyPasses(() => expect(handlers).toHaveLength(n + 1));
      handlers[n]?.();
    }

    await eventuallyPasses(() => expect(seen).toEqual([1, 2, 3, 4, 5]));
    expect(subscription.paused).toBe(false);
  });

  it('reads from its new socket when it was cut off, and pauses that again', async () => {
    const channel = uniqueName();
    const pubsub = redis.pubsub<number>();
    const subscription = await pubsub.subscribe(channel, { maxBuffered: 1, overflow: 'pause' });
    const entries: string[] = [];
    for (const event of ['paused', 'interrupted', 'unpaused', 'resumed'] as const) {
      subscription.on(event, () => entries.push(event));
    }
    await pubsub.publish(channel, 1);
    await eventuallyPasses(() => expect(subscription.paused).toBe(true));

    await redis.admin.call('CLIENT', ['KILL', 'TYPE', 'pubsub']);
    await eventuallyPasses(() => expect(entries).toContain('resumed'));
    await pubsub.publish(channel, 2);
    await eventuallyPasses(() => expect(subscription.paused).toBe(true));

    expect(entries).toEqual(['paused', 'unpaused', 'interrupted', 'resumed', 'paused']);
    expect(await take(subscription, 2)).toEqual([1, 2]);
  });

  it('bounds the waiting messages also when it was disconnected with more than that, and is read meanwhile', async () => {
    const channel = uniqueName();
    const pubsub = redis.pubsub<number>();
    const subscription = await pubsub.subscribe(channel, { maxBuffered: 5, overflow: 'pause' });
    await Promise.all(Array.from({ length: 20 }, (_, n) => pubsub.publish(channel, n)));
    await eventuallyPasses(() => expect(subscription.buffered).toBe(20));
    subscription.on('interrupted', () => void subscription.next());
    const resumed = new Promise((resolve) => subscription.on('resumed', resolve));

    await redis.admin.call('CLIENT', ['KILL', 'TYPE', 'pubsub']);
    await resumed;
    for (let n = 0; n < 200; n++) await pubsub.publish(channel, n);

    expect(subscription.paused).toBe(true);
    expect(subscription.buffered).toBeLessThan(100);
  });

  it('ends when it is closed, also while it pauses', async () => {
    const channel = uniqueName();
    const pubsub = redis.pubsub<number>();
    const subscription = await pubsub.subscribe(channel, { maxBuffered: 1, overflow: 'pause' });
    await pubsub.publish(channel, 1);
    await eventuallyPasses(() => expect(subscription.paused).toBe(true));

    await subscription.close();

    await eventuallyPasses(async () => expect(await redis.subscribers(channel)).toBe(0));
    expect(await subscription.next()).toBeUndefined();
    expect(subscription.paused).toBe(false);
  });

  it('leaves its group at once, also while it pauses', async () => {
    const channel = uniqueName();
    const pubsub = redis.pubsub<number>();
    const options = { maxBuffered: 1, overflow: 'pause', group: 'g' } as const;
    const subscription = await pubsub.subscribe(channel, options);
    await pubsub.publish(channel, 1);
    await eventuallyPasses(() => expect(subscription.paused).toBe(true));
    const start = performance.now();

    await subscription.close();

    // Not after the ten seconds that Redis has to confirm that it is unsubscribed.
    expect(idleMsSince(start)).toBeLessThan(5000);
    expect(await redis.subscribers(channel)).toBe(0);
  });
});

describe('a subscriber that never reads, while 1,000,000 messages are published to it', () => {
  const count = 1_000_000;
  const text = 'x'.repeat(90);

  /** Publishes all of them; returns the most memory that was seen on the way. */
  async function flood(
    channel: string,
    arrived: (sent: number) => void | Promise<void> = () => {},
  ): Promise<number> {
    const pubsub = redis.pubsub<string>();
    let most = 0;
    for (let sent = 20_000; sent <= count; sent += 20_000) {
      await Promise.all(Array.from({ length: 20_000 }, () => pubsub.publish(channel, text)));
      most = Math.max(most, memory());
      await arrived(sent);
    }
    return most;
  }

  it.each(['drop-oldest', 'drop-newest'] as const)('keeps its memory with %s', async (overflow) => {
    const channel = uniqueName();
    const subscription = await redis.pubsub().subscribe(channel, { overflow });
    let reported = 0;
    subscription.on('overflow', ({ dropped }) => {
      reported += dropped;
    });
    const before = memory();

    // Who publishes and receives in one process has to let go of it now and then.
    const most = await flood(channel, (sent) =>
      eventuallyPasses(() => expect(subscription.dropped).toBe(sent - 10_000)),
    );

    expect(subscription.buffered).toBe(10_000);
    expect(most - before).toBeLessThan(150 * 1024 * 1024);
    await subscription.close();
    expect(reported).toBe(count - 10_000);
  });

  it('keeps its memory with pause, and is told that Redis hung up', async () => {
    const channel = uniqueName();
    const subscription = await redis.pubsub().subscribe(channel, { overflow: 'pause' });
    const entries: string[] = [];
    subscription.on('interrupted', () => entries.push('interrupted'));
    subscription.on('resumed', () => entries.push('resumed'));
    const before = memory();

    const most = await flood(channel);

    expect(subscription.paused).toBe(true);
    expect(subscription.buffered).toBeLessThan(12_000);
    expect(most - before).toBeLessThan(150 * 1024 * 1024);
    let read = 0;
    while (entries.length < 2) {
      if (await subscription.next({ timeoutMs: 20 })) read++;
    }
    expect(entries).toEqual(['interrupted', 'resumed']);
    expect(read).toBeLessThan(count);
  });
});
