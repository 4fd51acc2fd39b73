import { createRequire } from 'node:module';
import * as core from '@redpost/core';
import { startRedis } from '@redpost/core/embedded';
import * as pubsub from '@redpost/pubsub';
import * as queue from '@redpost/queue';
import * as topics from '@redpost/topic';
import { afterEach, describe, expect, it, vi } from 'vitest';

const require = createRequire(import.meta.url);
const modules = { core, queue, pubsub, topics };
const commonJs: typeof modules = {
  core: require('@redpost/core'),
  queue: require('@redpost/queue'),
  pubsub: require('@redpost/pubsub'),
  topics: require('@redpost/topic'),
};

afterEach(() => void vi.useRealTimers());

describe.each([
  ['as modules', modules],
  ['as CommonJS', commonJs],
])('with fake timers whose time stands still, %s,', (_, { core, queue, pubsub, topics }) => {
  it('a queue sends, consumes, waits for delayed messages and stops', async () => {
    await using server = await startRedis();
    vi.useFakeTimers();
    await using connection = core.connect(server.url);
    const emails = new queue.Queue<number>('emails', { connection });
    const taken = received<number>(4);
    const consumer = emails.consume(taken.handler);

    await emails.send(4, { delayMs: 2500 });
    await emails.send(3, { delayMs: 500 });
    await Promise.all([emails.send(1), emails.send(2)]);
    expect(await taken.all).toEqual([1, 2, 3, 4]);

    await consumer.stop();
    expect(await emails.receive({ timeoutMs: 50 })).toBeUndefined();
    expect(await emails.stats()).toMatchObject({ pending: 0, active: 0, delayed: 0 });
  });

  it('a message whose handler fails is tried again after its backoff', async () => {
    await using server = await startRedis();
    await using connection = core.connect(server.url);
    const emails = new queue.Queue<number>('emails', { connection });
    const taken = received<number>(2);
    vi.useFakeTimers();
    const consumer = emails.consume(
      (delivery) => {
        taken.handler(delivery);
        if (delivery.attempt === 1) throw new Error('Not yet');
      },
      { backoff: () => 100 },
    );

    await emails.send(1);
    expect(await taken.all).toEqual([1, 1]);
    await consumer.stop();
  });

  it('channels and topics deliver published messages', async () => {
    await using server = await startRedis();
    vi.useFakeTimers();
    await using connection = core.connect(server.url);
    const channels = new pubsub.PubSub({ connection });
    const subscription = await channels.subscribe('news');
    await channels.publish('news', 'hello');
    expect((await subscription.next())?.body).toBe('hello');
    expect(await subscription.next({ timeoutMs: 50 })).toBeUndefined();

    const taken = received<string>(1);
    const topic = new topics.Topic<string>('orders', { connection });
    const consumer = topic.group('billing').consume(taken.handler);
    await topic.publish('an order');
    expect(await taken.all).toEqual(['an order']);
    await consumer.stop();
  });
});

/** A handler, and what it got when that is so many. */
function received<Body>(count: number) {
  const bodies: Body[] = [];
  let done!: (bodies: Body[]) => void;
  const all = new Promise<Body[]>((resolve) => {
    done = resolve;
  });
  const handler = ({ body }: { body: Body }): void => {
    bodies.push(body);
    if (bodies.length === count) done(bodies);
  };
  return { handler, all };
}
