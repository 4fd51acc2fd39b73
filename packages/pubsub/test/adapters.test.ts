import { InvalidArgumentError, msgpack } from '@redpost/core';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type ChannelEvent, eventTarget } from '../src/adapters/event-target.js';
import { GraphQLPubSub } from '../src/adapters/graphql-subscriptions.js';
import { toEventStream, toReadable, toReadableStream } from '../src/adapters/streams.js';
import { eventually } from './support/eventually.js';
import { testRedis, uniqueName } from './support/redis.js';

const redis = testRedis();
const isListening = (channel: string, count: number) =>
  eventually(async () => expect(await redis.subscribers(channel)).toBe(count));

describe('an event target', () => {
  it('subscribes with the first listener, unsubscribes with the last, and publishes', async () => {
    const channel = uniqueName();
    const target = eventTarget(redis.pubsub());
    const heard: string[] = [];
    const one = (event: ChannelEvent) => heard.push(`one ${event.type} ${event.detail}`);
    const two = { handleEvent: (event: ChannelEvent) => heard.push(`two ${event.detail}`) };
    target.addEventListener(channel, one);
    target.addEventListener(channel, two);
    await isListening(channel, 1);

    expect(target.dispatchEvent(new CustomEvent(channel, { detail: 'hello' }))).toBe(true);

    await eventually(() => expect(heard).toEqual([`one ${channel} hello`, 'two hello']));
    target.removeEventListener(channel, one);
    target.removeEventListener(channel, two);
    await isListening(channel, 0);
  });

  it('reports what fails', async () => {
    const errors: Error[] = [];
    const target = eventTarget(redis.pubsub(), { onError: (error) => errors.push(error) });
    const channel = uniqueName();

    target.dispatchEvent(new CustomEvent(channel, { detail: 10n }));
    target.addEventListener('', () => {});
    target.addEventListener(channel, () => {
      throw new Error('a listener failed');
    });
    await isListening(channel, 1);
    target.dispatchEvent(new CustomEvent(channel, { detail: 1 }));

    await eventually(() => expect(errors).toHaveLength(3));
    expect(errors.map(({ name }) => name).sort()).toEqual([
      'EncodeError',
      'Error',
      'InvalidArgumentError',
    ]);
  });
});

describe("graphql-subscriptions' engine", () => {
  it('publishes, subscribes and unsubscribes by id', async () => {
    const channel = uniqueName();
    const engine = new GraphQLPubSub(redis.pubsub());
    const heard: unknown[] = [];
    const id = await engine.subscribe(channel, (payload) => heard.push(payload));
    const byPattern = await engine.subscribe(`${channel}*`, (payload) => heard.push(payload), {
      pattern: true,
    });

    await engine.publish(channel, { said: 'hello' });

    await eventually(() => expect(heard).toEqual([{ said: 'hello' }, { said: 'hello' }]));
    expect(id).not.toBe(byPattern);
    engine.unsubscribe(id);
    await isListening(channel, 0);
  });

  it('iterates over several triggers, and ends with return()', async () => {
    const channels = [uniqueName(), uniqueName()];
    const engine = new GraphQLPubSub(redis.pubsub());
    const iterator = engine.asyncIterator<number>(channels);
    const first = iterator.next();
    for (const channel of channels) await isListening(channel, 1);

    for (const [n, channel] of channels.entries()) await engine.publish(channel, n);

    expect(await first).toEqual({ value: 0, done: false });
    expect(await iterator.next()).toEqual({ value: 1, done: false });
    const last = iterator.next();
    expect(await iterator.return?.()).toEqual({ value: undefined, done: true });
    expect(await last).toEqual({ value: undefined, done: true });
    for (const channel of channels) await isListening(channel, 0);
  });
});

describe('a stream', () => {
  it('of Node reads messages, and closes the subscription when it is destroyed', async () => {
    const channel = uniqueName();
    const pubsub = redis.pubsub();
    const stream = toReadable(await pubsub.subscribe(channel));
    const heard: unknown[] = [];
    stream.on('data', ({ body }) => heard.push(body));

    await Promise.all([1, 2, 3].map((n) => pubsub.publish(channel, n)));
    await eventually(() => expect(heard).toEqual([1, 2, 3]));
    stream.destroy();

    await isListening(channel, 0);
  });

  it('leaves what is not read to the subscription, which bounds it', async () => {
    const channel = uniqueName();
    const pubsub = redis.pubsub();
    const subscription = await pubsub.subscribe(channel, { maxBuffered: 10 });
    subscription.on('overflow', () => {});
    const stream = toReadable(subscription);
    onTestFinished(() => void stream.destroy());

    await Promise.all(Array.from({ length: 100 }, (_, n) => pubsub.publish(channel, n)));

    await eventually(() => expect(subscription.dropped).toBe(90));
  });

  it('of the web reads messages, ends with the subscription, and closes it when cancelled', async () => {
    const channel = uniqueName();
    const pubsub = redis.pubsub<number>();
    const ending = await pubsub.subscribe(channel);
    const reader = toReadableStream(ending).getReader();
    const cancelled = toReadableStream(await pubsub.subscribe(channel)).getReader();
    const waiting = cancelled.read();

    await pubsub.publish(channel, 1);
    expect((await reader.read()).value?.body).toBe(1);
    expect((await waiting).value?.body).toBe(1);
    const rest = cancelled.read();
    await cancelled.cancel();
    await ending.close();

    expect((await rest).done).toBe(true);
    expect((await reader.read()).done).toBe(true);
    await isListening(channel, 0);
  });

  it('of Server-Sent Events is what a browser reads, and shows that it lives', async () => {
    const channel = uniqueName();
    const pubsub = redis.pubsub();
    const stream = toEventStream(await pubsub.subscribe(channel), { heartbeatMs: 20 });
    const reader = stream.pipeThrough(new TextDecoderStream()).getReader();

    expect((await reader.read()).value).toBe(': still here\n\n');
    await pubsub.publish(channel, { text: 'two\nlines' });

    const expected = `event: ${channel}\ndata: {"text":"two\\nlines"}\n\n`;
    await eventually(async () => expect((await reader.read()).value).toBe(expected));
    await reader.cancel();
    await isListening(channel, 0);
  });

  it('of Server-Sent Events fails and closes its subscription at a body that JSON cannot hold', async () => {
    const channel = uniqueName();
    const pubsub = redis.pubsub({ codec: msgpack() });
    const reader = toEventStream(await pubsub.subscribe(channel)).getReader();
    const reading = expect(reader.read()).rejects.toThrow(TypeError);

    await pubsub.publish(channel, 2n ** 40n);

    await reading;
    await isListening(channel, 0);
  });

  it('of Server-Sent Events refuses a heartbeat that would never pause', async () => {
    const subscription = await redis.pubsub().subscribe(uniqueName());

    for (const heartbeatMs of [0, -1, Number.NaN]) {
      expect(() => toEventStream(subscription, { heartbeatMs })).toThrow(InvalidArgumentError);
    }
  });
});
