import { AsyncLocalStorage } from 'node:async_hooks';
import { describe, expect, it } from 'vitest';
import { eventually } from '../../../tooling/eventually.js';
import { eventTarget } from '../src/adapters/event-target.js';
import { GraphQLPubSub } from '../src/adapters/graphql-subscriptions.js';
import { testRedis, uniqueName } from './support/redis.js';

const redis = testRedis();
const tenant = new AsyncLocalStorage<string>();
const tenants = ['one', 'other'];

describe('each callback runs in the context in which it was passed, no matter who subscribed first:', () => {
  it('onMessage, also while another message is being handled', async () => {
    const pubsub = redis.pubsub();
    const channel = uniqueName();
    const seen: string[] = [];
    for (const name of tenants) {
      await tenant.run(name, () =>
        pubsub.subscribe(channel, {
          async onMessage() {
            seen.push(`${name}: ${tenant.getStore()}`);
            await new Promise(setImmediate);
            tenant.enterWith('a message');
          },
        }),
      );
    }

    await tenant.run('publisher', () =>
      pubsub.publishBatch([1, 2, 3].map((body) => ({ channel, body }))),
    );
    await eventually(() => seen.length === 6);

    expect(new Set(seen)).toEqual(new Set(['one: one', 'other: other']));
  });

  it('the handler of a responder', async () => {
    const pubsub = redis.pubsub();
    const channels = tenants.map(() => uniqueName());
    for (const [at, name] of tenants.entries()) {
      await tenant.run(name, () => pubsub.respond(channels[at] as string, () => tenant.getStore()));
    }

    const answers = channels.map((channel) =>
      tenant.run('asker', async () => [await pubsub.request(channel, 1), tenant.getStore()]),
    );

    expect(await Promise.all(answers)).toEqual(tenants.map((name) => [name, 'asker']));
  });

  it('the listeners of an event target and of graphql-subscriptions', async () => {
    const pubsub = redis.pubsub();
    const [target, engine] = [eventTarget(pubsub), new GraphQLPubSub(pubsub)];
    const channel = uniqueName();
    const seen: string[] = [];
    for (const name of tenants) {
      const hear = () => void seen.push(`${name}: ${tenant.getStore()}`);
      await tenant.run(name, () => {
        target.addEventListener(channel, hear);
        return engine.subscribe(channel, hear);
      });
    }
    await eventually(async () => (await redis.subscribers(channel)) === 1);

    await tenant.run('publisher', () => pubsub.publish(channel, 1));
    await eventually(() => seen.length === 4);

    expect(seen.sort()).toEqual(['one: one', 'one: one', 'other: other', 'other: other']);
  });
});
