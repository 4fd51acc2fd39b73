import { bytes, type Connection, DecodeError, text } from '@redpost/core';
import { describe, expect, it } from 'vitest';
import { eventuallyPasses } from '../../../tooling/eventually.js';
import {
  type Gap,
  GapError,
  PubSub,
  SequencedMismatchError,
  type Subscription,
} from '../src/index.js';
import { testRedis, uniqueName } from './support/redis.js';
import { take } from './support/take.js';

const redis = testRedis();

function gapsOf(subscription: Subscription<unknown>): Gap[] {
  const gaps: Gap[] = [];
  subscription.on('gap', (gap) => gaps.push(gap));
  return gaps;
}

function errorsOf(subscription: Pick<Subscription<unknown>, 'on'>): Error[] {
  const errors: Error[] = [];
  subscription.on('error', (error) => errors.push(error));
  return errors;
}

function bound<Target extends object>(target: Target, name: string | symbol): unknown {
  const value: unknown = Reflect.get(target, name);
  return typeof value === 'function' ? value.bind(target) : value;
}

/** Resolves when the connection was cut, before it is there again. */
const interrupted = (subscription: Subscription<unknown>) =>
  new Promise<void>((resolve) => {
    subscription.on('interrupted', () => resolve());
  });

describe('a sequenced subscription', () => {
  it('is told exactly how many messages it missed while its connection was away', async () => {
    const channel = uniqueName();
    const publisher = redis.pubsub<number>({ sequenced: true });
    const subscription = await redis.pubsub<number>({ sequenced: true }).subscribe(channel);
    const gaps = gapsOf(subscription);
    await publisher.publish(channel, 0);

    const away = interrupted(subscription);
    const resumed = new Promise<number>((resolve) => {
      subscription.on('resumed', ({ downMs }) => resolve(downMs));
    });
    // It takes a tenth of a second to come back, and these a fraction of that.
    const cut = redis.admin.call('CLIENT', ['KILL', 'TYPE', 'pubsub']);
    await Promise.all([cut, away]);
    const missed: number[] = [];
    while ((await redis.subscribers(channel)) === 0) {
      missed.push(await publisher.publish(channel, -1));
      if (missed.length === 7) break;
    }
    expect(await resumed).toBeGreaterThan(0);
    const count = missed.filter((receivers) => receivers === 0).length;
    expect(count).toBeGreaterThan(0);
    await publisher.publish(channel, 1);

    await eventuallyPasses(() =>
      expect(gaps.reduce((sum, gap) => sum + gap.missed, 0)).toBe(count),
    );
    expect((await take(subscription, 1))[0]).toBe(0);
    for (const gap of gaps) expect(gap).toMatchObject({ channel, publisher: expect.any(String) });
  });

  it('counts for each publisher and channel alone', async () => {
    const channel = uniqueName();
    const [one, two] = [redis.pubsub({ sequenced: true }), redis.pubsub({ sequenced: true })];
    const first = await redis.pubsub({ sequenced: true }).subscribe(channel);
    const gaps = gapsOf(first);
    await one.publish(channel, 'one 1');
    await two.publish(channel, 'two 1');
    const raw = Array.from({ length: 3 }, () => one.publish(uniqueName(), 'elsewhere'));
    await Promise.all([...raw, one.publish(channel, 'one 2'), two.publish(channel, 'two 2')]);

    expect(await take(first, 4)).toEqual(['one 1', 'two 1', 'one 2', 'two 2']);
    expect(gaps).toEqual([]);
  });

  it('sees a message that a proxy dropped, by the one that follows', async () => {
    const channel = uniqueName();
    const publisher = redis.pubsub({ sequenced: true });
    const spy = await redis.pubsub({ codec: bytes() }).subscribe(channel);
    errorsOf(spy);
    await Promise.all([1, 2, 3, 4].map((n) => publisher.publish(channel, n)));
    const sealed = await take(spy, 4);

    const target = uniqueName();
    const subscription = await redis.pubsub({ sequenced: true }).subscribePattern(`${target}*`);
    const errors = errorsOf(subscription);
    for (const at of [0, 3]) await redis.admin.call('PUBLISH', [target, sealed[at] as Buffer]);

    expect(await take(subscription, 2)).toEqual([1, 4]);
    expect(errors).toHaveLength(1);
    expect(errors[0]).toBeInstanceOf(GapError);
    expect(errors[0]).toMatchObject({ code: 'GAP', channel: target, missed: 2 });
  });

  it('takes plain messages as they are, e.g. from redis-cli, and says once that they have no number', async () => {
    const channel = uniqueName();
    const subscription = await redis.pubsub({ sequenced: true }).subscribe(channel);
    const gaps = gapsOf(subscription);
    const errors = errorsOf(subscription);

    await redis.admin.call('PUBLISH', [channel, '"plain"']);
    await redis.pubsub().publish(channel, 'also plain');

    expect(await take(subscription, 2)).toEqual(['plain', 'also plain']);
    expect(gaps).toEqual([]);
    expect(errors).toHaveLength(1);
    expect(errors[0]).toBeInstanceOf(SequencedMismatchError);
    expect(errors[0]).toMatchObject({ code: 'SEQUENCED_MISMATCH', channel });
    expect(errors[0]?.message).toContain('this subscriber is sequenced and their publisher is not');
  });

  it('leaves the bytes of any body alone', async () => {
    const channel = uniqueName();
    const pubsub = redis.pubsub({ sequenced: true, codec: bytes() });
    const subscription = await pubsub.subscribe(channel);
    const bodies = [Buffer.alloc(0), Buffer.from([1, 115, 10, 255]), Buffer.from('\n\n')];

    for (const body of bodies) await pubsub.publish(channel, body);

    expect(await take(subscription, 3)).toEqual(bodies);
  });
});

describe('a subscription that is not sequenced, to a publisher that is', () => {
  const said = 'their publisher is sequenced and this subscriber is not';

  it('says so in the error of each message that cannot be read', async () => {
    const channel = uniqueName();
    const subscription = await redis.pubsub().subscribe(channel);
    const errors = errorsOf(subscription);
    const invalid: Error[] = [];
    subscription.on('invalid', ({ error }) => invalid.push(error));

    for (const n of [1, 2]) await redis.pubsub({ sequenced: true }).publish(channel, n);
    await redis.pubsub().publish(channel, 'plain');

    expect(await take(subscription, 1)).toEqual(['plain']);
    expect(invalid).toHaveLength(2);
    expect(invalid[0]).toBeInstanceOf(DecodeError);
    expect(invalid[0]?.message).toContain(said);
    expect(errors.map(({ message }) => message)).toEqual([invalid[0]?.message]);
  });

  it('says so once where the codec takes the number for a part of the body', async () => {
    const channel = uniqueName();
    const subscription = await redis.pubsub({ codec: text() }).subscribe(channel);
    const errors = errorsOf(subscription);
    const publisher = redis.pubsub({ codec: text(), sequenced: true });

    for (const body of ['one', 'two']) await publisher.publish(channel, body);

    expect((await take(subscription, 2))[1]).toMatch(/,2\ntwo$/);
    expect(errors).toHaveLength(1);
    expect(errors[0]?.message).toContain(said);
  });

  it('says so also of a message that came before anybody could listen', async () => {
    const channel = uniqueName();
    const publisher = redis.pubsub({ sequenced: true });
    const connection = redis.connect();
    const subscribe: Connection['subscribe'] = async (target, subscriber) => {
      const unsubscribe = await connection.subscribe(target, subscriber);
      if (target.name === channel) await publisher.publish(channel, 'early');
      await connection.ping();
      return unsubscribe;
    };
    const early = new Proxy(connection, {
      get: (target, name) => (name === 'subscribe' ? subscribe : bound(target, name)),
    });
    const pubsub = new PubSub({ connection: early, codec: bytes() });
    const subscription = await pubsub.subscribe(channel);
    expect(subscription.buffered).toBe(1);

    const errors = errorsOf(subscription);

    await eventuallyPasses(() => expect(errors).toHaveLength(1));
  });
});

it('responders and members of a group are not told of numbers, which they do not count', async () => {
  const [requests, channel] = [uniqueName(), uniqueName()];
  const pubsub = redis.pubsub<number>({ sequenced: true });
  const responder = await pubsub.respond(requests, (n) => n + 1);
  const member = await pubsub.subscribe(channel, { group: 'g' });
  const errors = [errorsOf(responder), errorsOf(member)];
  responder.on('invalid', () => {});

  await pubsub.publish(requests, 0);
  expect(await pubsub.request(requests, 1)).toBe(2);
  await redis.pubsub<number>().publish(channel, 1);

  expect(await take(member, 1)).toEqual([1]);
  expect(errors).toEqual([[], []]);
});

it('without sequenced, a body is published as it is and nothing more', async () => {
  const channel = uniqueName();
  const spy = await redis.pubsub({ codec: bytes() }).subscribe(channel);

  await redis.pubsub().publish(channel, { a: 1 });

  expect((await take(spy, 1))[0]?.toString()).toBe('{"a":1}');
});
