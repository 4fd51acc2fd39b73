import { InvalidArgumentError } from '@redpost/core';
import { describe, expect, it } from 'vitest';
import { eventuallyPasses } from '../../../tooling/eventually.js';
import type { Message, Subscription } from '../src/index.js';
import { testRedis, uniqueName } from './support/redis.js';
import { take } from './support/take.js';

const redis = testRedis();

describe('for await', () => {
  it('gives every message until the subscription is closed', async () => {
    const channel = uniqueName();
    const pubsub = redis.pubsub<number>();
    const subscription = await pubsub.subscribe(channel);
    const bodies: number[] = [];

    const loop = (async () => {
      for await (const message of subscription) bodies.push(message.body);
      return 'ended';
    })();
    for (let n = 0; n < 5; n++) await pubsub.publish(channel, n);
    await eventuallyPasses(() => expect(bodies).toEqual([0, 1, 2, 3, 4]));
    await subscription.close();

    expect(await loop).toBe('ended');
  });

  it('unsubscribes when it is left by break', async () => {
    const [channel, prefix] = [uniqueName(), uniqueName('pattern')];
    const pubsub = redis.pubsub();
    const patternsBefore = await redis.patterns();
    const subscriptions = [
      await pubsub.subscribe(channel),
      await pubsub.subscribePattern(`${prefix}*`),
    ];
    expect(await redis.patterns()).toBe(patternsBefore + 1);
    await pubsub.publishBatch([
      { channel, body: 1 },
      { channel: prefix, body: 2 },
    ]);

    for (const subscription of subscriptions) {
      for await (const _message of subscription) break;
      expect(subscription.closeReason).toBe('closed');
    }

    expect(await redis.subscribers(channel)).toBe(0);
    expect(await redis.patterns()).toBe(patternsBefore);
    expect(await pubsub.publish(channel, 'nobody is there')).toBe(0);
  });

  it('unsubscribes when it is left by return', async () => {
    const channel = uniqueName();
    const pubsub = redis.pubsub();
    const subscription = await pubsub.subscribe(channel);
    await pubsub.publish(channel, 'found');

    const find = async () => {
      for await (const { body } of subscription) return body;
      return undefined;
    };

    expect(await find()).toBe('found');
    expect(await redis.subscribers(channel)).toBe(0);
  });

  it('unsubscribes when its body throws, and lets the error through', async () => {
    const channel = uniqueName();
    const pubsub = redis.pubsub();
    const subscription = await pubsub.subscribe(channel);
    await pubsub.publish(channel, 1);

    const failing = async () => {
      for await (const { body } of subscription) throw new Error(`failed on ${body}`);
    };

    await expect(failing()).rejects.toThrow('failed on 1');
    expect(await redis.subscribers(channel)).toBe(0);
    expect(subscription.buffered).toBe(0);
  });

  it('ends when the signal is aborted, and unsubscribes', async () => {
    const channel = uniqueName();
    const abort = new AbortController();
    const pubsub = redis.pubsub();
    const subscription = await pubsub.subscribe(channel, { signal: abort.signal });
    await pubsub.publish(channel, 1);

    for await (const _message of subscription) abort.abort();

    expect(subscription.closeReason).toBe('aborted');
    await eventuallyPasses(async () => expect(await redis.subscribers(channel)).toBe(0));
  });

  it('shares the messages among several readers, each message to one of them', async () => {
    const channel = uniqueName();
    const pubsub = redis.pubsub<number>();
    const subscription = await pubsub.subscribe(channel);

    const waiting = Array.from({ length: 10 }, () => subscription.next());
    await Promise.all(waiting.map((_, n) => pubsub.publish(channel, n)));

    const bodies = (await Promise.all(waiting)).map((message) => message?.body);
    expect(bodies).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });
});

describe('next', () => {
  it('resolves to undefined when the time is up, and loses nothing', async () => {
    const channel = uniqueName();
    const pubsub = redis.pubsub();
    const subscription = await pubsub.subscribe(channel);

    expect(await subscription.next({ timeoutMs: 0 })).toBeUndefined();
    expect(await subscription.next({ timeoutMs: 20 })).toBeUndefined();
    expect(subscription.closeReason).toBeUndefined();

    await pubsub.publish(channel, 'later');
    expect(await take(subscription, 1)).toEqual(['later']);
  });

  it('rejects with the reason of its signal, and the subscription lives on', async () => {
    const channel = uniqueName();
    const pubsub = redis.pubsub();
    const subscription = await pubsub.subscribe(channel);
    const abort = new AbortController();

    const waiting = subscription.next({ signal: abort.signal });
    abort.abort(new Error('enough'));

    await expect(waiting).rejects.toThrow('enough');
    await expect(subscription.next({ signal: abort.signal })).rejects.toThrow('enough');
    await pubsub.publish(channel, 'later');
    expect(await take(subscription, 1)).toEqual(['later']);
  });

  it('refuses a time that cannot be', async () => {
    const subscription = await redis.pubsub().subscribe(uniqueName());
    for (const timeoutMs of [-1, 0.5, Number.NaN, 2 ** 31]) {
      await expect(subscription.next({ timeoutMs })).rejects.toThrow(InvalidArgumentError);
    }
  });
});

describe('onMessage', () => {
  it('gets every message in order, and the next one only when it is done with the last', async () => {
    const channel = uniqueName();
    const pubsub = redis.pubsub<number>();
    const seen: number[] = [];
    let busy = 0;
    let mostBusy = 0;
    const onMessage = async ({ body }: Message<number>) => {
      mostBusy = Math.max(mostBusy, ++busy);
      await new Promise(setImmediate);
      seen.push(body);
      busy--;
    };
    await pubsub.subscribe(channel, { onMessage });

    await Promise.all(Array.from({ length: 50 }, (_, n) => pubsub.publish(channel, n)));

    await eventuallyPasses(() => expect(seen).toEqual(Array.from({ length: 50 }, (_, n) => n)));
    expect(mostBusy).toBe(1);
  });

  it('may throw or reject: an event tells, and the next message follows', async () => {
    const channel = uniqueName();
    const pubsub = redis.pubsub<string>();
    const seen: string[] = [];
    const errors: string[] = [];
    const subscription = await pubsub.subscribe(channel, {
      onMessage: ({ body }) => {
        if (body === 'throw') throw new Error('thrown');
        if (body === 'reject') return Promise.reject(new Error('rejected'));
        return seen.push(body);
      },
    });
    subscription.on('error', (error) => errors.push(error.message));

    for (const body of ['throw', 'reject', 'good']) await pubsub.publish(channel, body);

    await eventuallyPasses(() => expect(seen).toEqual(['good']));
    expect(errors).toEqual(['thrown', 'rejected']);
  });

  it('gets nothing more once the subscription is closed, even from within', async () => {
    const channel = uniqueName();
    const pubsub = redis.pubsub<number>();
    const seen: number[] = [];
    const subscription: Subscription<number> = await pubsub.subscribe(channel, {
      onMessage: ({ body }) => {
        seen.push(body);
        return subscription.close();
      },
    });

    await Promise.all([1, 2, 3].map((n) => pubsub.publish(channel, n)));

    await eventuallyPasses(async () => expect(await redis.subscribers(channel)).toBe(0));
    expect(seen).toEqual([1]);
  });

  it('leaves no messages for another reader', async () => {
    const subscription = await redis.pubsub().subscribe(uniqueName(), { onMessage: () => {} });

    await expect(subscription.next()).rejects.toThrow(InvalidArgumentError);
    expect(() => subscription[Symbol.asyncIterator]()).toThrow(InvalidArgumentError);
  });
});
