import { bytes, EncodeError, InvalidArgumentError, ServerError, text } from '@redpost/core';
import { describe, expect, it, onTestFinished } from 'vitest';
import { rawClient } from './support/raw-client.js';
import { testRedis, uniqueName } from './support/redis.js';
import { take } from './support/take.js';

const redis = testRedis();

describe('publish', () => {
  it('resolves to 0 without a subscriber', async () => {
    expect(await redis.pubsub().publish(uniqueName(), 'hello')).toBe(0);
  });

  it('resolves to how many subscribers received the message, on channels and patterns', async () => {
    const channel = uniqueName();
    await redis.pubsub().subscribe(channel);
    await redis.pubsub().subscribe(channel);
    await redis.pubsub().subscribePattern(`${channel}*`);

    expect(await redis.pubsub().publish(channel, 'hello')).toBe(3);
  });

  it('sends the calls of one tick in one round trip, each with its own count', async () => {
    const [crowded, quiet] = [uniqueName(), uniqueName()];
    const pubsub = redis.pubsub();
    await pubsub.subscribe(crowded);
    await redis.admin.call('CONFIG', ['RESETSTAT']);

    const receivers = await Promise.all(
      Array.from({ length: 300 }, (_, n) => pubsub.publish(n % 3 === 0 ? quiet : crowded, n)),
    );

    expect(receivers).toEqual(Array.from({ length: 300 }, (_, n) => (n % 3 === 0 ? 0 : 1)));
    expect(await redis.executed('eval')).toBe(1);
    expect(await redis.executed('publish')).toBe(300);
  });

  it('sends a lone call as a plain PUBLISH', async () => {
    const pubsub = redis.pubsub();
    await redis.admin.call('CONFIG', ['RESETSTAT']);

    await pubsub.publish(uniqueName(), 'hello');

    expect(await redis.executed('publish')).toBe(1);
    expect(await redis.executed('eval')).toBe(0);
  });

  it('splits messages that are too many for one script, and keeps the order', async () => {
    const channel = uniqueName();
    const pubsub = redis.pubsub();
    const subscription = await pubsub.subscribe(channel);
    await redis.admin.call('CONFIG', ['RESETSTAT']);

    await Promise.all(Array.from({ length: 2500 }, (_, n) => pubsub.publish(channel, n)));

    expect(await redis.executed('eval')).toBe(5);
    expect(await take(subscription, 2500)).toEqual(Array.from({ length: 2500 }, (_, n) => n));
  });

  it('splits by size as well', async () => {
    const channel = uniqueName();
    const pubsub = redis.pubsub({ codec: text() });
    const subscription = await pubsub.subscribe(channel);
    await redis.admin.call('CONFIG', ['RESETSTAT']);
    const large = 'x'.repeat(300_000);

    await Promise.all(Array.from({ length: 6 }, () => pubsub.publish(channel, large)));

    expect(await redis.executed('eval')).toBe(2);
    expect(await take(subscription, 6)).toEqual(Array(6).fill(large));
  });

  it('keeps the order from tick to tick, also when the server has lost all scripts', async () => {
    const channel = uniqueName();
    const pubsub = redis.pubsub();
    const subscription = await pubsub.subscribe(channel);
    await redis.admin.call('SCRIPT', ['FLUSH']);

    const published: Promise<number>[] = [];
    for (let n = 0; n < 200; n++) {
      published.push(pubsub.publish(channel, n));
      // Batches of three and lone messages in turn, all in flight together.
      if (n % 4 >= 2) await new Promise(setImmediate);
    }
    await Promise.all(published);

    expect(await take(subscription, 200)).toEqual(Array.from({ length: 200 }, (_, n) => n));
  });

  it('refuses a name that cannot be a channel, and sends nothing', async () => {
    const pubsub = redis.pubsub();
    await redis.admin.call('CONFIG', ['RESETSTAT']);

    for (const name of ['', undefined, null, 7, {}, 'half a \ud800 character'] as string[]) {
      await expect(pubsub.publish(name, 'hello')).rejects.toThrow(InvalidArgumentError);
    }

    expect(await redis.executed('publish')).toBe(0);
  });

  it('rejects a body that cannot be encoded, and publishes the others', async () => {
    const channel = uniqueName();
    const pubsub = redis.pubsub();
    const subscription = await pubsub.subscribe(channel);

    const outcomes = await Promise.allSettled([
      pubsub.publish(channel, 'before'),
      pubsub.publish(channel, 10n),
      pubsub.publish(channel, 'after'),
    ]);

    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect((outcomes[1] as PromiseRejectedResult).reason).toBeInstanceOf(EncodeError);
    expect(await take(subscription, 2)).toEqual(['before', 'after']);
  });

  it('rejects only the messages that Redis refuses when a batch has a forbidden channel', async () => {
    const [allowed, forbidden] = [uniqueName('allowed'), uniqueName('forbidden')];
    const user = uniqueName('user');
    const rights = ['+@all', '~*', 'resetchannels', '&allowed:*'];
    await redis.admin.call('ACL', ['SETUSER', user, 'on', '>pw', ...rights]);
    onTestFinished(() => void redis.admin.call('ACL', ['DELUSER', user]));
    const connection = redis.connect();
    await connection.call('AUTH', [user, 'pw']);
    const pubsub = redis.pubsub({ connection });
    await redis.pubsub().subscribe(allowed);

    const outcomes = await pubsub.publishBatch([
      { channel: allowed, body: 1 },
      { channel: forbidden, body: 2 },
      { channel: allowed, body: 3 },
    ]);

    expect(outcomes[0]).toEqual({ status: 'published', receivers: 1 });
    expect(outcomes[2]).toEqual({ status: 'published', receivers: 1 });
    expect(outcomes[1]).toMatchObject({ status: 'failed', error: { code: 'SERVER' } });
    await expect(pubsub.publish(forbidden, 4)).rejects.toThrow(ServerError);
  });

  it('gives each message of a batch an outcome of its own, in order', async () => {
    const channel = uniqueName();
    const pubsub = redis.pubsub();
    await pubsub.subscribe(channel);

    const outcomes = await pubsub.publishBatch([
      { channel, body: 1 },
      { channel: '', body: 2 },
      { channel: uniqueName(), body: 3 },
    ]);

    expect(outcomes).toMatchObject([
      { status: 'published', receivers: 1 },
      { status: 'failed', error: { code: 'INVALID_ARGUMENT' } },
      { status: 'published', receivers: 0 },
    ]);
    expect(await pubsub.publishBatch([])).toEqual([]);
  });

  it('is plain Redis: another client receives the encoded body and nothing more', async () => {
    const channel = uniqueName();
    const client = await rawClient(redis.port);
    client.write('SUBSCRIBE', channel);
    const pubsub = redis.pubsub();
    await expect.poll(() => redis.subscribers(channel)).toBe(1);

    const body = Buffer.from([0, 255, 13, 10, 1]);
    await pubsub.publish(channel, { greeting: 'hello' });
    await redis.pubsub({ codec: bytes() }).publish(channel, body);

    const name = `$${channel.length}\r\n${channel}\r\n`;
    const expected = Buffer.concat([
      Buffer.from(`*3\r\n$9\r\nsubscribe\r\n${name}:1\r\n`),
      Buffer.from(`*3\r\n$7\r\nmessage\r\n${name}$20\r\n{"greeting":"hello"}\r\n`),
      Buffer.from(`*3\r\n$7\r\nmessage\r\n${name}$5\r\n`),
      body,
      Buffer.from('\r\n'),
    ]);
    await expect.poll(() => client.received().toString('latin1')).toBe(expected.toString('latin1'));
  });
});
