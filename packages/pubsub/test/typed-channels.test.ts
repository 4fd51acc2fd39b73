import { InvalidArgumentError, type Schema, ValidationError } from '@redpost/core';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { eventuallyPasses } from '../../../tooling/eventually.js';
import { date, hasNumber } from '../../../tooling/schemas.js';
import { type InvalidMessage, PubSub, type Subscription } from '../src/index.js';
import { testRedis, uniqueName } from './support/redis.js';
import { take } from './support/take.js';

const redis = testRedis();

const text: Schema<string> = {
  '~standard': {
    version: 1,
    vendor: 'test',
    validate: (value) =>
      typeof value === 'string' ? { value } : { issues: [{ message: 'must be text' }] },
  },
};

/** Channels that no other test uses: `prefix` is in front of each. */
function typed() {
  const prefix = uniqueName('typed');
  const channels = { [`${prefix}.orders`]: hasNumber, [`${prefix}.chat.*`]: text };
  // biome-ignore lint/suspicious/noExplicitAny: the names are made here, so no type knows them.
  const pubsub = new PubSub<any, any, any>({ connection: redis.connect(), channels });
  return { pubsub, prefix };
}

describe('declared channels', () => {
  it('reject at the publisher bodies that do not fit the schema of the channel', async () => {
    const { pubsub, prefix } = typed();

    await expect(pubsub.publish(`${prefix}.orders`, 'text')).rejects.toThrow(ValidationError);
    await expect(pubsub.publish(`${prefix}.chat.room`, { n: 1 })).rejects.toThrow(ValidationError);
    expect(await pubsub.publish(`${prefix}.orders`, { n: 1 })).toBe(0);
    expect(await pubsub.publish(`${prefix}.chat.room`, 'hello')).toBe(0);
  });

  it('report at the subscriber bodies that do not fit, with their bytes', async () => {
    const { pubsub, prefix } = typed();
    const orders = await pubsub.subscribe(`${prefix}.orders`);
    const chat = await pubsub.subscribePattern(`${prefix}.chat.*`);
    const invalid: InvalidMessage[] = [];
    orders.on('invalid', (message) => invalid.push(message));
    chat.on('invalid', (message) => invalid.push(message));

    await redis.pubsub().publish(`${prefix}.orders`, { n: 'one' });
    await redis.pubsub().publish(`${prefix}.chat.room`, 7);
    await pubsub.publish(`${prefix}.orders`, { n: 1 });
    await pubsub.publish(`${prefix}.chat.room`, 'hello');

    expect(await take(orders, 1)).toEqual([{ n: 1 }]);
    expect(await take(chat, 1)).toEqual(['hello']);
    await eventuallyPasses(() => expect(invalid).toHaveLength(2));
    expect(invalid.map(({ payload }) => payload.toString())).toEqual(['{"n":"one"}', '7']);
    for (const { error } of invalid) expect(error).toBeInstanceOf(ValidationError);
  });

  it('are the only ones that can be used', async () => {
    const { pubsub, prefix } = typed();

    for (const name of ['other', `${prefix}.chat`, `${prefix}.ordersX`]) {
      await expect(pubsub.publish(name, 'x')).rejects.toThrow(InvalidArgumentError);
      await expect(pubsub.subscribe(name)).rejects.toThrow('not declared');
    }
    await expect(pubsub.subscribePattern(`${prefix}.*`)).rejects.toThrow('not declared');
  });

  it('are refused together with one schema for all, or without a schema', () => {
    const connection = redis.connect();
    const both = { connection, schema: text, channels: { a: text } };

    expect(() => new PubSub(both as never)).toThrow(InvalidArgumentError);
    expect(() => new PubSub({ connection, channels: { a: {} as Schema } })).toThrow(
      InvalidArgumentError,
    );
  });

  it('give types to published and received messages', () => {
    const connection = redis.connect();
    const channels = { 'orders.created': hasNumber, 'days.*': date, 'chat.*.said': text };
    const pubsub = new PubSub({ connection, channels });
    // Only its types matter: nothing of this is run.
    const check = async () => {
      await pubsub.publish('orders.created', { n: 1 });
      await pubsub.publish('days.first', '2026-01-01');
      // @ts-expect-error: the body of another channel
      await pubsub.publish('orders.created', 'text');
      // @ts-expect-error: it is published as text, and received as a Date
      await pubsub.publish('days.first', new Date());
      // @ts-expect-error: not declared
      await pubsub.publish('orders.deleted', { n: 1 });
      // @ts-expect-error: not a declared pattern
      await pubsub.subscribePattern('orders.*');

      const order = await pubsub.subscribe('orders.created');
      expectTypeOf(order).toEqualTypeOf<Subscription<{ n: number }>>();
      const days = await pubsub.subscribePattern('days.*', {
        onMessage: ({ body }) => expectTypeOf(body).toEqualTypeOf<Date>(),
      });
      expectTypeOf(days).toEqualTypeOf<Subscription<Date>>();
      const both = await pubsub.subscribe(['orders.created', 'chat.lobby.said']);
      expectTypeOf(both).toEqualTypeOf<Subscription<{ n: number } | string>>();
      await pubsub.respond('orders.created', (body) => {
        expectTypeOf(body).toEqualTypeOf<{ n: number }>();
      });
      expectTypeOf(await pubsub.request<string>('chat.a.said', 'x')).toEqualTypeOf<string>();

      const plain = new PubSub<number>({ connection });
      expectTypeOf(plain.publish).parameter(1).toEqualTypeOf<number>();
      expectTypeOf(await plain.subscribe('a')).toEqualTypeOf<Subscription<number>>();
    };
    expect(check).toBeTypeOf('function');
  });
});
