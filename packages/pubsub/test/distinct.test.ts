import { text } from '@redpost/core';
import { describe, expect, it } from 'vitest';
import { rejection } from '../../../tooling/rejection.js';
import type { Message, Subscription } from '../src/index.js';
import { testRedis, uniqueName } from './support/redis.js';
import { take } from './support/take.js';

const redis = testRedis();

/** A channel, and patterns that match it. */
function overlapping() {
  const channel = `${uniqueName('orders')}.created`;
  return { channel, patterns: [`${channel}*`, `${channel.slice(0, -3)}*`, `?${channel.slice(1)}`] };
}

async function messages<Body>(subscription: Subscription<Body>, count: number) {
  const taken: (Message<Body> | undefined)[] = [];
  while (taken.length < count) taken.push(await subscription.next({ timeoutMs: 30_000 }));
  return taken;
}

describe('a distinct subscription to patterns', () => {
  it('takes a message once that several of its patterns match, others take it once for each', async () => {
    const { channel, patterns } = overlapping();
    const pubsub = redis.pubsub();
    const distinct = await pubsub.subscribePattern(patterns, { distinct: true });
    const plain = await pubsub.subscribePattern(patterns);

    expect(await pubsub.publish(channel, 'one')).toBe(3);
    await pubsub.publish(channel, 'two');

    const [one, two] = await messages(distinct, 2);
    expect(one).toEqual({ channel, body: 'one', pattern: expect.any(String) });
    expect(patterns).toContain(one?.pattern);
    expect(two?.body).toBe('two');
    expect(await take(plain, 6)).toEqual(['one', 'one', 'one', 'two', 'two', 'two']);
    expect([distinct.buffered, plain.buffered]).toEqual([0, 0]);
  });

  it('takes equal messages as often as they were published, in one go or one by one', async () => {
    const { channel, patterns } = overlapping();
    const pubsub = redis.pubsub();
    const subscription = await pubsub.subscribePattern(patterns, { distinct: true });
    const other = await pubsub.subscribePattern(`${channel}*`, { distinct: true });

    await Promise.all(Array.from({ length: 100 }, () => pubsub.publish(channel, 'same')));
    for (let n = 0; n < 20; n += 1) await redis.admin.call('PUBLISH', [channel, '"same"']);
    await pubsub.publish(`${channel}.last`, 'last');

    const expected = [...Array(120).fill('same'), 'last'];
    expect(await take(subscription, 121)).toEqual(expected);
    expect(await take(other, 121)).toEqual(expected);
  });

  it('distinguishes equal bodies on different channels, and counts dropped messages once', async () => {
    const { channel, patterns } = overlapping();
    const pubsub = redis.pubsub();
    const subscription = await pubsub.subscribePattern(patterns, { distinct: true });
    const full = await pubsub.subscribePattern(patterns, { distinct: true, maxBuffered: 1 });
    full.on('overflow', () => {});

    for (const name of [channel, `${channel}.2`, channel]) await pubsub.publish(name, 'same');

    expect((await messages(subscription, 3)).map((message) => message?.channel)).toEqual([
      channel,
      `${channel}.2`,
      channel,
    ]);
    expect(full.dropped).toBe(2);
  });

  it('counts missed messages when it is sequenced, and still takes equal messages', async () => {
    const { channel, patterns } = overlapping();
    const pubsub = redis.pubsub({ sequenced: true });
    const subscription = await pubsub.subscribePattern(patterns, { distinct: true });
    const reports: unknown[] = [];
    subscription.on('gap', (gap) => reports.push(gap));
    subscription.on('error', (error) => reports.push(error));

    await Promise.all(['same', 'same', 'other'].map((body) => pubsub.publish(channel, body)));

    expect(await take(subscription, 3)).toEqual(['same', 'same', 'other']);
    expect(reports).toEqual([]);
  });

  it('takes the next message after an interruption for a new one', async () => {
    const { channel, patterns } = overlapping();
    const pubsub = redis.pubsub({ codec: text() });
    const subscription = await pubsub.subscribePattern(patterns, { distinct: true });
    const resumed = new Promise((resolve) => subscription.on('resumed', resolve));
    await pubsub.publish(channel, 'same');
    await redis.admin.call('CLIENT', ['KILL', 'TYPE', 'pubsub']);
    await resumed;
    await pubsub.publish(channel, 'same');
    await pubsub.publish(channel, 'other');

    expect(await take(subscription, 3)).toEqual(['same', 'same', 'other']);
  });
});

it('distinct is refused for channels, which deliver a message once, sharded or not', async () => {
  for (const sharded of [false, true]) {
    // biome-ignore lint/suspicious/noExplicitAny: what the types refuse.
    const refused: any = redis.pubsub({ sharded }).subscribe('c', { distinct: true } as any);
    expect((await rejection(refused)).message).toContain('distinct is for patterns');
  }
  const sharded = redis.pubsub({ sharded: true }).subscribePattern('c*', { distinct: true });
  expect((await rejection(sharded)).message).toBe('Sharded channels have no patterns');
});
