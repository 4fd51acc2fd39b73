import { createPubSub } from '@graphql-yoga/subscription';
import { InvalidArgumentError, msgpack } from '@redpost/core';
import { buildSchema, type ExecutionResult, parse, subscribe } from 'graphql';
import { PubSubEngine, withFilter } from 'graphql-subscriptions';
import { describe, expect, it, onTestFinished } from 'vitest';
import { eventuallyPasses } from '../../../tooling/eventually.js';
import { dateSlowly } from '../../../tooling/schemas.js';
import { type ChannelEvent, eventTarget } from '../src/adapters/event-target.js';
import { GraphQLPubSub } from '../src/adapters/graphql-subscriptions.js';
import { toEventStream, toReadable, toReadableStream } from '../src/adapters/streams.js';
import { testRedis, uniqueName } from './support/redis.js';

const redis = testRedis();
const isListening = (channel: string, count: number) =>
  eventuallyPasses(async () => expect(await redis.subscribers(channel)).toBe(count));

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

    await eventuallyPasses(() => expect(heard).toEqual([`one ${channel} hello`, 'two hello']));
    target.removeEventListener(channel, one);
    target.removeEventListener(channel, two);
    await isListening(channel, 0);
  });

  it('reports failures', async () => {
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

    await eventuallyPasses(() => expect(errors).toHaveLength(3));
    expect(errors.map(({ name }) => name).sort()).toEqual([
      'EncodeError',
      'Error',
      'InvalidArgumentError',
    ]);
  });
});

describe('an event target whose subscription overflowed', () => {
  it('subscribes again for the next listener', async () => {
    const channel = uniqueName();
    const slow = { maxBuffered: 1, overflow: 'close', schema: dateSlowly } as const;
    const errors: Error[] = [];
    const onError = (error: Error) => errors.push(error);
    const target = eventTarget(redis.pubsub<string, Date>(slow) as never, { onError });
    target.addEventListener(channel, () => {});
    await isListening(channel, 1);

    const publisher = redis.pubsub();
    const days = Array.from({ length: 9 }, () => publisher.publish(channel, '2020-02-02'));
    await Promise.all(days);
    await isListening(channel, 0);
    target.addEventListener(channel, () => {});

    await isListening(channel, 1);
    expect(errors.map(({ name }) => name)).toEqual(['OverflowError']);
  });
});

describe('createPubSub of graphql-yoga', () => {
  it('publishes and subscribes by an event target', async () => {
    const [prices, user] = [uniqueName('prices'), uniqueName('user')];
    type Events = { [topic: string]: [{ cents: number }] | [string, { name: string }] };
    const servers = [redis.pubsub(), redis.pubsub()].map((pubsub) =>
      createPubSub<Events>({ eventTarget: eventTarget(pubsub) }),
    );
    const [here, there] = servers as [(typeof servers)[0], (typeof servers)[0]];
    const [anyPrice, oneUser] = [there.subscribe(prices, ''), there.subscribe(user, '7')];
    const firsts = [anyPrice.next(), oneUser.next()];
    await isListening(`${prices}:`, 1);
    await isListening(`${user}:7`, 1);

    here.publish(prices, '', { name: 'to all' });
    here.publish(user, '8', { name: 'somebody else' });
    here.publish(user, '7', { name: 'Ada' });

    expect(await Promise.all(firsts)).toEqual([
      { value: { name: 'to all' }, done: false },
      { value: { name: 'Ada' }, done: false },
    ]);
    await Promise.all([anyPrice.return(), oneUser.return()]);
    await isListening(`${prices}:`, 0);
    await isListening(`${user}:7`, 0);
  });
});

describe("graphql-subscriptions' engine", () => {
  it('feeds the subscriptions of a schema, through withFilter', async () => {
    const channel = uniqueName();
    const engine: PubSubEngine = new GraphQLPubSub(redis.pubsub());
    const schema = buildSchema(
      'type Query { a: Int } type Subscription { price(above: Int!): Int! }',
    );
    const field = schema.getSubscriptionType()?.getFields().price;
    if (!field) throw new Error('The schema has no such field');
    field.subscribe = withFilter(
      () => engine.asyncIterableIterator(channel),
      ({ price }, { above }) => price > above,
    );

    const document = parse('subscription { price(above: 10) }');
    const results = (await subscribe({ schema, document })) as AsyncGenerator<ExecutionResult>;
    const first = results.next();
    await isListening(channel, 1);
    for (const price of [5, 20]) await engine.publish(channel, { price });

    expect((await first).value).toEqual({ data: { price: 20 } });
    await results.return(undefined);
    await isListening(channel, 0);
  });

  it('carries the iterator that the package itself makes', async () => {
    const channels = [uniqueName(), uniqueName()];
    const engine = new GraphQLPubSub(redis.pubsub());
    const iterator = PubSubEngine.prototype.asyncIterableIterator.call(engine, channels);
    const first = iterator.next();
    for (const channel of channels) await isListening(channel, 1);

    for (const [n, channel] of channels.entries()) await engine.publish(channel, n);

    expect([(await first).value, (await iterator.next()).value].sort()).toEqual([0, 1]);
    await iterator.return();
    for (const channel of channels) await isListening(channel, 0);
  });

  it('ends an iterator that could not subscribe', async () => {
    const iterator = new GraphQLPubSub(redis.pubsub()).asyncIterableIterator('');

    await expect(iterator.next()).rejects.toThrow(InvalidArgumentError);
    expect(await iterator.return()).toEqual({ value: undefined, done: true });
  });

  it('publishes, subscribes and unsubscribes by id', async () => {
    const channel = uniqueName();
    const engine = new GraphQLPubSub(redis.pubsub());
    const heard: unknown[] = [];
    const id = await engine.subscribe(channel, (payload) => heard.push(payload));
    const byPattern = await engine.subscribe(`${channel}*`, (payload) => heard.push(payload), {
      pattern: true,
    });

    await engine.publish(channel, { said: 'hello' });

    await eventuallyPasses(() => expect(heard).toEqual([{ said: 'hello' }, { said: 'hello' }]));
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
    await eventuallyPasses(() => expect(heard).toEqual([1, 2, 3]));
    stream.destroy();

    await isListening(channel, 0);
  });

  it('leaves unread messages to the subscription, which bounds them', async () => {
    const channel = uniqueName();
    const pubsub = redis.pubsub();
    const subscription = await pubsub.subscribe(channel, { maxBuffered: 10 });
    subscription.on('overflow', () => {});
    const stream = toReadable(subscription);
    onTestFinished(() => void stream.destroy());

    await Promise.all(Array.from({ length: 100 }, (_, n) => pubsub.publish(channel, n)));

    await eventuallyPasses(() => expect(subscription.dropped).toBe(90));
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

  it('of Server-Sent Events can be read by a browser, and sends keep-alives', async () => {
    const channel = uniqueName();
    const pubsub = redis.pubsub();
    const stream = toEventStream(await pubsub.subscribe(channel), { heartbeatMs: 20 });
    const reader = stream.pipeThrough(new TextDecoderStream()).getReader();

    expect((await reader.read()).value).toBe(': still here\n\n');
    await pubsub.publish(channel, { text: 'two\nlines' });

    const expected = `event: ${channel}\ndata: {"text":"two\\nlines"}\n\n`;
    await eventuallyPasses(async () => expect((await reader.read()).value).toBe(expected));
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
