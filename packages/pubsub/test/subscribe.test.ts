import { bytes, InvalidArgumentError, json, msgpack, text } from '@redpost/core';
import { describe, expect, it, onTestFinished } from 'vitest';
import { rawClient } from './support/raw-client.js';
import { testRedis, uniqueName } from './support/redis.js';
import { take } from './support/take.js';

const redis = testRedis();

describe('subscribe', () => {
  it('resolves when Redis has confirmed, so that later messages are received', async () => {
    const channel = uniqueName();
    const pubsub = redis.pubsub();

    const subscription = await pubsub.subscribe(channel);
    expect(await redis.subscribers(channel)).toBe(1);
    await pubsub.publish(channel, { text: 'hello everyone' });

    expect(await subscription.next()).toEqual({
      channel,
      body: { text: 'hello everyone' },
      pattern: undefined,
    });
  });

  it('gives a late subscriber only what is published after it joined', async () => {
    const channel = uniqueName();
    const pubsub = redis.pubsub();
    const early = await pubsub.subscribe(channel);
    await pubsub.publish(channel, 'first');

    const late = await pubsub.subscribe(channel);
    await pubsub.publish(channel, 'second');

    expect(await take(early, 2)).toEqual(['first', 'second']);
    expect(await take(late, 1)).toEqual(['second']);
    expect(late.buffered).toBe(0);
  });

  it('receives several channels, and says of which a message is', async () => {
    const names = [uniqueName(), uniqueName(), uniqueName()];
    const pubsub = redis.pubsub();
    const subscription = await pubsub.subscribe([...names, names[0] as string]);

    for (const name of names) expect(await pubsub.publish(name, name.length)).toBe(1);

    const messages = [
      await subscription.next(),
      await subscription.next(),
      await subscription.next(),
    ];
    expect(messages.map((message) => message?.channel)).toEqual(names);
    expect(subscription.buffered).toBe(0);
  });

  it('receives messages that match a pattern, and names the pattern', async () => {
    const prefix = uniqueName('chat');
    const pubsub = redis.pubsub();
    const subscription = await pubsub.subscribePattern([`${prefix}.*`, `${prefix}.r[12]`]);

    expect(await pubsub.publish(`${prefix}.room`, 'one match')).toBe(1);
    expect(await pubsub.publish(`${prefix}-room`, 'no match')).toBe(0);
    expect(await pubsub.publish(`${prefix}.r1`, 'two matches')).toBe(2);

    const messages = [
      await subscription.next(),
      await subscription.next(),
      await subscription.next(),
    ];
    expect(messages[0]).toEqual({
      channel: `${prefix}.room`,
      body: 'one match',
      pattern: `${prefix}.*`,
    });
    expect(
      messages
        .slice(1)
        .map((message) => message?.pattern)
        .sort(),
    ).toEqual([`${prefix}.*`, `${prefix}.r[12]`]);
  });

  it('asks Redis once for a channel that many subscriptions share', async () => {
    const channel = uniqueName();
    const pubsub = redis.pubsub();
    const subscriptions = await Promise.all(
      Array.from({ length: 20 }, () => pubsub.subscribe(channel)),
    );
    expect(await redis.subscribers(channel)).toBe(1);

    expect(await pubsub.publish(channel, { n: 1 })).toBe(1);
    const bodies = (await Promise.all(subscriptions.map((one) => take(one, 1)))).flat();

    expect(bodies).toEqual(Array(20).fill({ n: 1 }));
    expect(new Set(bodies).size).toBe(20);
  });

  it('leaves the others subscribed when one of several subscriptions is closed', async () => {
    const channel = uniqueName();
    const pubsub = redis.pubsub();
    const [leaving, staying] = [await pubsub.subscribe(channel), await pubsub.subscribe(channel)];

    await leaving.close();
    expect(await redis.subscribers(channel)).toBe(1);
    await pubsub.publish(channel, 'still here');

    expect(await take(staying, 1)).toEqual(['still here']);
    expect(await leaving.next()).toBeUndefined();
  });

  it('keeps the order of each channel', async () => {
    const [a, b] = [uniqueName(), uniqueName()];
    const pubsub = redis.pubsub();
    const subscription = await pubsub.subscribe([a, b]);

    const published: Promise<number>[] = [];
    for (let n = 0; n < 1000; n++) {
      published.push(pubsub.publish(n % 2 === 0 ? a : b, n));
      if (n % 70 === 0) await new Promise(setImmediate);
    }
    await Promise.all(published);

    expect(await take(subscription, 1000)).toEqual(Array.from({ length: 1000 }, (_, n) => n));
  });

  it('refuses names that cannot be subscribed to', async () => {
    const pubsub = redis.pubsub();
    for (const names of [
      '',
      [],
      ['ok', ''],
      [7],
      undefined,
      'half a \udc00 character',
    ] as string[]) {
      await expect(pubsub.subscribe(names)).rejects.toThrow(InvalidArgumentError);
      await expect(pubsub.subscribePattern(names)).rejects.toThrow(InvalidArgumentError);
    }
    expect(await redis.subscribers('ok')).toBe(0);
  });

  it('refuses options that cannot work', async () => {
    const pubsub = redis.pubsub();
    const wrong = [{ maxBuffered: 0 }, { maxBuffered: 1.5 }, { overflow: 'drop' as 'close' }];
    for (const options of wrong) {
      await expect(pubsub.subscribe('a', options)).rejects.toThrow(InvalidArgumentError);
      expect(() => redis.pubsub(options)).toThrow(InvalidArgumentError);
    }
    expect(() => redis.pubsub({ connection: undefined as never })).toThrow(/needs a connection/);
  });

  it('keeps none of the channels when Redis refuses one', async () => {
    const [allowed, forbidden] = [uniqueName('allowed'), uniqueName('forbidden')];
    const defaultUser = ['SETUSER', 'default', 'resetchannels'];
    await redis.admin.call('ACL', [...defaultUser, '&allowed:*']);
    onTestFinished(() => void redis.admin.call('ACL', [...defaultUser, '&*']));
    const pubsub = redis.pubsub();

    await expect(pubsub.subscribe([allowed, forbidden])).rejects.toMatchObject({
      code: 'SERVER',
      reply: 'NOPERM',
    });

    expect(await redis.subscribers(allowed)).toBe(0);
  });

  it('receives messages that any other client publishes', async () => {
    const channel = uniqueName();
    const subscription = await redis.pubsub({ codec: text() }).subscribe(channel);
    const client = await rawClient(redis.port);

    client.write('PUBLISH', channel, 'hello from elsewhere');

    expect(await take(subscription, 1)).toEqual(['hello from elsewhere']);
    await expect.poll(() => client.received().toString()).toBe(':1\r\n');
  });
});

describe('a codec', () => {
  const all = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));

  it.each([
    ['json', json(), [null, 0, '', [], { deep: [{ ünïcode: '👍' }] }]],
    ['text', text(), ['', 'a', 'ünïcode 👍', '\u0000\r\n', '\ufeffmark']],
    ['bytes', bytes(), [Buffer.alloc(0), all, Buffer.from('\r\n')]],
    ['msgpack', msgpack(), [new Date(0), 2n ** 40n, { a: Buffer.from([0]) }, null]],
  ] as const)('%s brings back what was published', async (_name, codec, bodies) => {
    const channel = uniqueName();
    const pubsub = redis.pubsub({ codec: codec as never });
    const subscription = await pubsub.subscribe(channel);

    for (const body of bodies) await pubsub.publish(channel, body as never);
    await Promise.all(bodies.map((body) => pubsub.publish(channel, body as never)));

    expect(await take(subscription, bodies.length * 2)).toEqual([...bodies, ...bodies]);
  });

  it('bytes publishes a Uint8Array that is a view into something larger', async () => {
    const channel = uniqueName();
    const pubsub = redis.pubsub({ codec: bytes() });
    const subscription = await pubsub.subscribe(channel);

    await pubsub.publish(channel, new Uint8Array(all.buffer, all.byteOffset + 10, 3));

    expect(await take(subscription, 1)).toEqual([Buffer.from([10, 11, 12])]);
  });
});
