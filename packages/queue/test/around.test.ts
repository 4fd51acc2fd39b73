import { InvalidArgumentError } from '@redpost/core';
import { expect, it } from 'vitest';
import { eventually } from '../../../tooling/eventually.js';
import { rejection } from '../../../tooling/rejection.js';
import { consumeAll } from '../src/index.js';
import { useRedis } from './support/use-redis.js';

const redis = useRedis();

it('functions run around each handler, the first one outermost, and see what it returns or throws', async () => {
  const queue = redis.queue<string>();
  const log: string[] = [];
  queue.use(async ({ body }, next) => {
    log.push(`outer ${body}`);
    try {
      return await next();
    } catch (error) {
      log.push(`failed ${(error as Error).message}`);
      throw error;
    } finally {
      log.push(`left ${body}`);
    }
  });
  queue.use(async (_delivery, next) => `<${await next()}>`);
  const consumer = queue.consume(
    ({ body }) => {
      log.push(`handler ${body}`);
      if (body === 'bad') throw new Error('no');
      return body;
    },
    { concurrency: 1, maxAttempts: 1 },
  );
  consumer.on('failed', ({ delivery }) => log.push(`event ${delivery.body}`));

  expect(await queue.request('good')).toBe('<good>');
  await queue.send('bad');
  await eventually(() => log.includes('event bad'));
  expect(log).toEqual([
    'outer good',
    'handler good',
    'left good',
    'outer bad',
    'handler bad',
    'failed no',
    'left bad',
    'event bad',
  ]);
});

it('what does not call next() keeps the handler from the message, which is acknowledged', async () => {
  const queue = redis.queue<number>();
  const handled: number[] = [];
  queue.use(({ body }, next) => (body === 1 ? undefined : next()));
  queue.consume(({ body }) => handled.push(body), { concurrency: 1 });
  await queue.sendBatch([{ body: 1 }, { body: 2 }]);
  await queue.idle();
  expect(handled).toEqual([2]);
  expect((await queue.stats()).total.acked).toBe(2);
});

it('next() can be called once only', async () => {
  const queue = redis.queue<number>();
  const errors: Error[] = [];
  let handled = 0;
  queue.use(async (_delivery, next) => {
    await next();
    await next();
  });
  const consumer = queue.consume(
    () => {
      handled += 1;
    },
    { maxAttempts: 1 },
  );
  consumer.on('failed', ({ error }) => errors.push(error));
  await queue.send(1);
  await eventually(() => errors.length === 1);
  expect(errors[0]).toBeInstanceOf(InvalidArgumentError);
  expect(handled).toBe(1);
});

it('batches and consumers of several queues have what surrounds their handlers, too', async () => {
  const [one, two] = [redis.queue<string>(), redis.queue<string>()];
  const log: string[] = [];
  one.use(({ queue }, next) => {
    log.push(`around ${queue === one.name ? 'one' : queue}`);
    return next();
  });
  const consumer = consumeAll(
    new Map([
      [one, 1],
      [two, 1],
    ]),
    {},
    ({ body }) => void log.push(body),
  );
  await one.send('first');
  await eventually(() => log.length === 2);
  await two.send('second');
  await eventually(() => log.length === 3);
  expect(log).toEqual(['around one', 'first', 'second']);
  await consumer.stop();

  two.useBatch((deliveries, next) => {
    log.push(`batch of ${deliveries.length}`);
    return next();
  });
  await two.sendBatch([{ body: 'a' }, { body: 'b' }]);
  two.consumeBatch((deliveries) => log.push(...deliveries.map(({ body }) => body)), {
    maxWaitMs: 0,
  });
  await eventually(() => log.includes('b'));
  expect(log.slice(3)).toEqual(['batch of 2', 'a', 'b']);
});

it('functions run around each send, and may change it or keep it back', async () => {
  const queue = redis.queue<number>();
  queue.useSend((message, next) => {
    if (message.body === 0) return 'kept back';
    message.body *= 10;
    message.options = { ...message.options, headers: { by: 'around' } };
    return next();
  });
  expect(await queue.send(0)).toBe('kept back');
  await queue.send(1);
  const results = await queue.sendBatch([
    { body: 2, id: 'two' },
    { body: 3, id: '' },
  ]);
  expect(results).toMatchObject([{ status: 'sent', id: 'two' }, { status: 'failed' }]);
  const waiting = await queue.peek();
  expect(waiting.map(({ body, headers }) => [body, headers.by])).toEqual([
    [10, 'around'],
    [20, 'around'],
  ]);
});

it('what is sent with an acknowledgement is surrounded, too, and cannot be kept back', async () => {
  const [queue, next] = [redis.queue<number>(), redis.queue<number>()];
  next.useSend((message, send) => {
    message.body += 1;
    return message.body > 100 ? 'kept back' : send();
  });
  await queue.sendBatch([{ body: 1 }, { body: 2 }]);
  const first = await queue.receive();
  await first?.ack({ send: [{ queue: next, body: 1 }] });
  const second = await queue.receive();
  const refused = rejection(second?.ack({ send: [{ queue: next, body: 100 }] }) as Promise<void>);
  expect(await refused).toBeInstanceOf(InvalidArgumentError);
  await eventually(async () => (await next.peek())[0]?.body === 2);
});

it('only functions are taken', () => {
  const queue = redis.queue();
  for (const add of ['use', 'useBatch', 'useSend'] as const) {
    expect(() => queue[add](undefined as never)).toThrow(InvalidArgumentError);
  }
});
