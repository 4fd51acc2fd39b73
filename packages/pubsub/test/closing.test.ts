import { ClosedError } from '@redpost/core';
import { describe, expect, it } from 'vitest';
import { eventuallyPasses } from '../../../tooling/eventually.js';
import type { CloseReason } from '../src/index.js';
import { testRedis, uniqueName } from './support/redis.js';

const redis = testRedis();

describe('closing a subscription', () => {
  it('ends waiting calls with undefined, and loops without an error', async () => {
    const subscription = await redis.pubsub().subscribe(uniqueName());
    const waiting = [subscription.next(), subscription.next({ timeoutMs: 60_000 })];
    const iterator = subscription[Symbol.asyncIterator]();
    const step = iterator.next();

    await subscription.close();

    expect(await Promise.all(waiting)).toEqual([undefined, undefined]);
    expect(await step).toEqual({ value: undefined, done: true });
    expect(await iterator.next()).toEqual({ value: undefined, done: true });
  });

  it('discards unread messages', async () => {
    const channel = uniqueName();
    const pubsub = redis.pubsub();
    const subscription = await pubsub.subscribe(channel);
    await pubsub.publish(channel, 1);
    await eventuallyPasses(() => expect(subscription.buffered).toBe(1));

    await subscription.close();

    expect(subscription.buffered).toBe(0);
    expect(await subscription.next()).toBeUndefined();
  });

  it('happens once, however often and by which call it is requested', async () => {
    const channel = uniqueName();
    const subscription = await redis.pubsub().subscribe(channel);
    const reasons: CloseReason[] = [];
    subscription.on('closed', ({ reason }) => reasons.push(reason));

    await Promise.all([subscription.close(), subscription.unsubscribe()]);
    await subscription[Symbol.asyncDispose]();

    expect(reasons).toEqual(['closed']);
    expect(await redis.subscribers(channel)).toBe(0);
  });

  it('comes with the end of an await using block', async () => {
    const channel = uniqueName();
    const pubsub = redis.pubsub();
    {
      await using _subscription = await pubsub.subscribe(channel);
      expect(await redis.subscribers(channel)).toBe(1);
    }
    expect(await redis.subscribers(channel)).toBe(0);
  });

  it('leaves no listener on the signal it was given', async () => {
    const { signal } = new AbortController();
    const listening = new Set<unknown>();
    const { addEventListener, removeEventListener } = signal;
    signal.addEventListener = (type: string, listener: never, options: object) => {
      listening.add(listener);
      addEventListener.call(signal, type, listener, options);
    };
    signal.removeEventListener = (type: string, listener: never) => {
      listening.delete(listener);
      removeEventListener.call(signal, type, listener);
    };
    const subscription = await redis.pubsub().subscribe(uniqueName(), { signal });
    await subscription.next({ signal, timeoutMs: 1 });
    expect(listening.size).toBe(1);

    await subscription.close();

    expect(listening.size).toBe(0);
  });
});

describe('a signal', () => {
  it('that is aborted already refuses the subscription', async () => {
    const channel = uniqueName();
    const signal = AbortSignal.abort(new Error('too late'));

    await expect(redis.pubsub().subscribe(channel, { signal })).rejects.toThrow('too late');
    expect(await redis.subscribers(channel)).toBe(0);
  });

  it('that is aborted while Redis is asked refuses it too, and leaves nothing behind', async () => {
    const channel = uniqueName();
    const abort = new AbortController();

    const subscribing = redis.pubsub().subscribe(channel, { signal: abort.signal });
    abort.abort(new Error('changed my mind'));

    await expect(subscribing).rejects.toThrow('changed my mind');
    // Whether the SUBSCRIBE was on its way already or not.
    await redis.admin.ping();
    await eventuallyPasses(async () => expect(await redis.subscribers(channel)).toBe(0));
  });
});

describe('closing a PubSub', () => {
  it('closes its subscriptions, and neither the connection nor those of others', async () => {
    const [mine, theirs] = [uniqueName(), uniqueName()];
    const connection = redis.connect();
    const pubsub = redis.pubsub({ connection });
    const other = redis.pubsub({ connection });
    const subscription = await pubsub.subscribe([mine, theirs]);
    const kept = await other.subscribe(theirs);

    await pubsub.close();
    await pubsub[Symbol.asyncDispose]();

    expect(subscription.closeReason).toBe('closed');
    expect(await redis.subscribers(mine)).toBe(0);
    expect(await other.publish(theirs, 'hello')).toBe(1);
    expect((await kept.next())?.body).toBe('hello');
  });

  it('rejects later calls', async () => {
    const pubsub = redis.pubsub();
    await pubsub.close();

    await expect(pubsub.publish('a', 1)).rejects.toThrow(ClosedError);
    await expect(pubsub.subscribe('a')).rejects.toThrow(ClosedError);
    await expect(pubsub.subscribePattern('a*')).rejects.toThrow(ClosedError);
    expect(await pubsub.publishBatch([{ channel: 'a', body: 1 }])).toMatchObject([
      { status: 'failed', error: { code: 'CLOSED' } },
    ]);
  });

  it('ends a subscription that is still being made', async () => {
    const channel = uniqueName();
    const pubsub = redis.pubsub();

    const subscribing = pubsub.subscribe(channel);
    const closing = pubsub.close();

    await expect(subscribing).rejects.toThrow(ClosedError);
    await closing;
    expect(await redis.subscribers(channel)).toBe(0);
  });

  it('still sends messages that were published before, in the same tick', async () => {
    const channel = uniqueName();
    await redis.pubsub().subscribe(channel);
    const pubsub = redis.pubsub();

    const published = [pubsub.publish(channel, 1), pubsub.publish(channel, 2)];
    await pubsub.close();

    expect(await Promise.all(published)).toEqual([1, 1]);
  });
});

describe('closing the connection', () => {
  it('ends its subscriptions, and messages that had arrived can still be read', async () => {
    const channel = uniqueName();
    const connection = redis.connect();
    const pubsub = redis.pubsub({ connection });
    const idle = await pubsub.subscribe(uniqueName());
    const subscription = await pubsub.subscribe(channel);
    const reasons: CloseReason[] = [];
    subscription.on('closed', ({ reason }) => reasons.push(reason));
    const waiting = idle.next();
    await pubsub.publish(channel, 'unread');
    await eventuallyPasses(() => expect(subscription.buffered).toBe(1));

    await connection.close();

    expect(reasons).toEqual(['connection-closed']);
    expect(await waiting).toBeUndefined();
    expect((await subscription.next())?.body).toBe('unread');
    expect(await subscription.next()).toBeUndefined();
    await subscription.close();
    await expect(pubsub.subscribe(channel)).rejects.toThrow(ClosedError);
  });
});

describe('many subscriptions that come and go', () => {
  it('end as the last call wants it, however calls race', async () => {
    const channels = [uniqueName(), uniqueName(), uniqueName()];
    const pubsub = redis.pubsub<number>();
    const random = (below: number) => Math.floor(Math.random() * below);

    const comeAndGo = async () => {
      for (let round = 0; round < 30; round++) {
        const channel = channels[random(3)] as string;
        const subscription = await pubsub.subscribe(channel);
        expect(await redis.subscribers(channel)).toBe(1);
        if (random(2)) await new Promise(setImmediate);
        // A subscription that was confirmed hears: somebody else's leaving must not deafen it.
        expect(await pubsub.publish(channel, round)).toBe(1);
        expect(await subscription.next({ timeoutMs: 30_000 })).toBeDefined();
        if (random(2)) await subscription.close();
        else void subscription.close();
      }
    };
    await Promise.all(Array.from({ length: 20 }, comeAndGo));

    for (const channel of channels) {
      await eventuallyPasses(async () => expect(await redis.subscribers(channel)).toBe(0));
    }
    const last = await pubsub.subscribe(channels);
    for (const channel of channels) expect(await pubsub.publish(channel, 0)).toBe(1);
    expect((await last.next())?.channel).toBe(channels[0]);
  });
});
