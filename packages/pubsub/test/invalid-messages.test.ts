import {
  type Connection,
  DecodeError,
  type Subscriber,
  type SubscriptionTarget,
  text,
  ValidationError,
} from '@redpost/core';
import { Slice } from '@redpost/core/consuming';
import { describe, expect, it } from 'vitest';
import { eventuallyPasses } from '../../../tooling/eventually.js';
import { date, dateSlowly, hasNumber, hasNumberSlowly } from '../../../tooling/schemas.js';
import { type InvalidMessage, PubSub } from '../src/index.js';
import { testRedis, uniqueName } from './support/redis.js';
import { take } from './support/take.js';

const redis = testRedis();

const publishRaw = (channel: string, payload: string | Buffer) =>
  redis.admin.call('PUBLISH', [channel, payload]);

describe('bytes that are not a message', () => {
  it('go to the event invalid as they came, and the next message is read', async () => {
    const channel = uniqueName();
    const pubsub = redis.pubsub();
    const subscription = await pubsub.subscribe(channel);
    const invalid: InvalidMessage[] = [];
    subscription.on('invalid', (message) => invalid.push(message));

    await publishRaw(channel, '{not json');
    await publishRaw(channel, Buffer.alloc(0));
    await pubsub.publish(channel, 'fine');

    expect(await take(subscription, 1)).toEqual(['fine']);
    expect(invalid.map(({ payload }) => payload.toString())).toEqual(['{not json', '']);
    expect(invalid[0]).toMatchObject({ channel, pattern: undefined });
    expect(invalid[0]?.error).toBeInstanceOf(DecodeError);
  });

  it('have the pattern that they matched', async () => {
    const prefix = uniqueName('pattern');
    const pubsub = redis.pubsub({ codec: text() });
    const subscription = await pubsub.subscribePattern(`${prefix}*`);
    const invalid: InvalidMessage[] = [];
    subscription.on('invalid', (message) => invalid.push(message));

    await publishRaw(`${prefix}.a`, Buffer.from([0xff, 0xfe]));
    await pubsub.publish(`${prefix}.b`, 'fine');

    expect(await take(subscription, 1)).toEqual(['fine']);
    expect(invalid).toMatchObject([{ channel: `${prefix}.a`, pattern: `${prefix}*` }]);
    expect(invalid[0]?.payload).toEqual(Buffer.from([0xff, 0xfe]));
  });

  it('go to the event error when invalid has no listener', async () => {
    const channel = uniqueName();
    const seen: unknown[] = [];
    const subscription = await redis
      .pubsub()
      .subscribe(channel, { onMessage: ({ body }) => seen.push(body) });
    const errors: Error[] = [];
    subscription.on('error', (error) => errors.push(error));

    await publishRaw(channel, '{not json');
    await publishRaw(channel, '7');

    await eventuallyPasses(() => expect(seen).toEqual([7]));
    expect(errors).toMatchObject([{ code: 'DECODE' }]);
  });

  it('do not end a wait', async () => {
    const channel = uniqueName();
    const subscription = await redis.pubsub().subscribe(channel);
    subscription.on('invalid', () => {});

    const waiting = subscription.next({ timeoutMs: 30_000 });
    await publishRaw(channel, '{not json');
    await publishRaw(channel, '"fine"');

    expect((await waiting)?.body).toBe('fine');
  });
});

describe('a message that arrives together with the confirmation', () => {
  it('is seen by the listeners that are added right after subscribing', async () => {
    const connection = {
      on: () => () => {},
      call: async () => null,
      run: async () => null,
      subscribe: async (_target: SubscriptionTarget, subscriber: Subscriber) => {
        subscriber.message('a', Slice.of(Buffer.from('{not json')));
        return async () => {};
      },
    };
    const pubsub = new PubSub({ connection: connection as unknown as Connection });
    const invalid: InvalidMessage[] = [];

    const subscription = await pubsub.subscribe('a', { onMessage: () => {} });
    subscription.on('invalid', (message) => invalid.push(message));

    await eventuallyPasses(() => expect(invalid).toHaveLength(1));
  });
});

describe('a schema', () => {
  it('refuses a wrong body at the publisher, and nothing is sent', async () => {
    const channel = uniqueName();
    const pubsub = redis.pubsub({ schema: hasNumber });
    const subscription = await pubsub.subscribe(channel);

    const wrong = pubsub.publish(channel, { n: 'one' } as never);
    await expect(wrong).rejects.toThrow(ValidationError);
    await expect(wrong).rejects.toMatchObject({ issues: [{ path: 'n' }] });

    await pubsub.publish(channel, { n: 1 });
    expect(await take(subscription, 1)).toEqual([{ n: 1 }]);
  });

  it('refuses a wrong body at the subscriber: an event has the bytes and the reason', async () => {
    const channel = uniqueName();
    const pubsub = redis.pubsub({ schema: hasNumber });
    const subscription = await pubsub.subscribe(channel);
    const invalid: InvalidMessage[] = [];
    subscription.on('invalid', (message) => invalid.push(message));

    await publishRaw(channel, '{"n":"one"}');
    await pubsub.publish(channel, { n: 2 });

    expect(await take(subscription, 1)).toEqual([{ n: 2 }]);
    expect(invalid[0]?.error).toBeInstanceOf(ValidationError);
    expect(invalid[0]?.payload.toString()).toBe('{"n":"one"}');
  });

  it.each([
    ['a synchronous one', date],
    ['an asynchronous one', dateSlowly],
  ])('publishes what it was given, and transforms it at the subscriber: %s', async (_, schema) => {
    const channel = uniqueName();
    const pubsub = redis.pubsub({ schema });
    const subscription = await pubsub.subscribe(channel);
    const plain = await redis.pubsub().subscribe(channel);

    await pubsub.publish(channel, '2020-02-02');

    expect(await take(subscription, 1)).toEqual([new Date('2020-02-02')]);
    expect(await take(plain, 1)).toEqual(['2020-02-02']);
  });

  it('that is asynchronous at times keeps the order at both ends', async () => {
    const channel = uniqueName();
    const pubsub = redis.pubsub({ schema: hasNumberSlowly });
    const subscription = await pubsub.subscribe(channel);
    subscription.on('invalid', () => {});
    const numbers = Array.from({ length: 20 }, (_, n) => n);

    const published = numbers.map((n) => pubsub.publish(channel, { n }));
    const refused = expect(pubsub.publish(channel, {} as never)).rejects.toThrow(ValidationError);
    await publishRaw(channel, '{}');
    await refused;
    expect(await Promise.all(published)).toEqual(numbers.map(() => 1));

    const readers = await Promise.all(numbers.map(() => subscription.next({ timeoutMs: 30_000 })));
    expect(readers.map((message) => message?.body.n)).toEqual(numbers);
  });

  it('that is asynchronous loses no message when a reader stops waiting', async () => {
    const channel = uniqueName();
    const pubsub = redis.pubsub({ schema: hasNumberSlowly });
    const subscription = await pubsub.subscribe(channel);
    await pubsub.publish(channel, { n: 0 });
    await pubsub.publish(channel, { n: 1 });
    await eventuallyPasses(() => expect(subscription.buffered).toBe(2));

    const abort = new AbortController();
    const gaveUp = subscription.next({ signal: abort.signal });
    abort.abort(new Error('gave up'));
    await expect(gaveUp).rejects.toThrow('gave up');

    expect(await take(subscription, 2)).toEqual([{ n: 0 }, { n: 1 }]);
  });

  it('that fails itself is reported like a body that does not fit', async () => {
    const channel = uniqueName();
    const broken = () => {
      throw new Error('schema is broken');
    };
    const pubsub = redis.pubsub({
      schema: { '~standard': { version: 1, vendor: 'test', validate: broken } },
    });
    const subscription = await pubsub.subscribe(channel);
    const invalid: InvalidMessage[] = [];
    subscription.on('invalid', (message) => invalid.push(message));

    await expect(pubsub.publish(channel, 1)).rejects.toThrow('schema is broken');
    await publishRaw(channel, '1');

    expect(await subscription.next({ timeoutMs: 100 })).toBeUndefined();
    expect(invalid).toMatchObject([{ error: { code: 'VALIDATION' } }]);
  });
});
