import { tracingChannel } from 'node:diagnostics_channel';
import {
  type HandleOperation,
  type Observer,
  observe,
  type ReceiveOperation,
  type SendOperation,
  type SentBatch,
  type SettledBatch,
} from '@redpost/core';
import { expect, it, onTestFinished } from 'vitest';
import { eventually } from '../../../tooling/eventually.js';
import { rejection } from '../../../tooling/rejection.js';
import { useRedis } from './support/use-redis.js';

const redis = useRedis();

function observing(observer: Observer): void {
  onTestFinished(observe(observer));
}

it('an observer of sends adds headers, which travel with the messages', async () => {
  const queue = redis.queue<number>();
  const operations: SendOperation[] = [];
  const results: unknown[] = [];
  observing({
    async send(operation, run) {
      operations.push(operation);
      if (operation.headers) operation.headers.trace = operation.method;
      const result = await run();
      results.push(result);
      return result;
    },
  });
  const id = await queue.send(1, { headers: { own: 'yes' } });
  await queue.sendBatch([{ body: 2 }, { body: 3, bare: true }]);

  expect(operations.map(({ kind, name, method, count }) => [kind, name, method, count])).toEqual([
    ['queue', queue.name, 'send', 1],
    ['queue', queue.name, 'sendBatch', 2],
  ]);
  expect(results[0]).toBe(id);
  expect((await queue.peek()).map(({ headers }) => headers)).toEqual([
    { own: 'yes', trace: 'send' },
    { trace: 'sendBatch' },
    {},
  ]);
});

it('an observer runs around handlers, and sees messages and failures', async () => {
  const queue = redis.queue<number>();
  const seen: string[] = [];
  observing({
    handle(operation: HandleOperation, run) {
      const ids = operation.messages.map(({ id, attempt }) => `${id}/${attempt}`);
      seen.push(`begins ${ids}`);
      const ended = (how: string) => seen.push(`${how} ${ids}`);
      const result = (async () => run())();
      result.then(
        () => ended('ends'),
        () => ended('fails'),
      );
      return result;
    },
  });
  const [a] = [await queue.send(1, { id: 'a' }), await queue.send(2, { id: 'b' })];
  const consumer = queue.consume(
    ({ body, attempt }) => {
      if (body === 2 && attempt === 1) throw new Error('not now');
    },
    { concurrency: 1, backoff: () => 0 },
  );
  consumer.on('failed', () => {});
  await eventually(() => seen.includes('ends b/2'));
  expect(a).toBe('a');
  expect(seen).toEqual([
    'begins a/1',
    'ends a/1',
    'begins b/1',
    'fails b/1',
    'begins b/2',
    'ends b/2',
  ]);
});

it('batches of sent and settled messages are told, with counts that are exact', async () => {
  const queue = redis.queue<number>({ consume: { maxAttempts: 1 } });
  const sent: SentBatch[] = [];
  const settled: SettledBatch[] = [];
  observing({
    sent: (batch) => void (batch.name === queue.name && sent.push(batch)),
    settled: (batch) => void (batch.name === queue.name && settled.push(batch)),
  });
  await Promise.all(Array.from({ length: 300 }, (_, n) => queue.send(n)));
  const consumer = queue.consume(({ body }) => {
    if (body % 100 === 0) throw new Error('no');
  });
  consumer.on('failed', () => {});
  const count = (what: 'acked' | 'dead') =>
    settled.reduce((sum, { counts }) => sum + counts[what], 0);
  await eventually(() => count('acked') + count('dead') === 300);

  expect(sent.reduce((sum, batch) => sum + batch.sent, 0)).toBe(300);
  expect(sent.length).toBeLessThan(50);
  expect([count('acked'), count('dead')]).toEqual([297, 3]);
  const times = settled.flatMap((batch) => batch.times);
  const weight = times.reduce((sum, time) => sum + time.weight, 0);
  expect(weight).toBeGreaterThan(300 - 64);
  expect(weight).toBeLessThanOrEqual(300);
  for (const { waitMs, runMs } of times) {
    expect(waitMs).toBeGreaterThanOrEqual(0);
    expect(runMs).toBeGreaterThanOrEqual(0);
  }
});

it('messages that were not sent are told as failed', async () => {
  const queue = redis.queue<number>({ maxLength: { count: 1, whenFull: 'reject' } as never });
  const sent: SentBatch[] = [];
  observing({ sent: (batch) => void sent.push(batch) });
  const first = queue.send(1);
  const second = rejection(queue.send(2));
  await first;
  expect(await second).toMatchObject({ code: 'QUEUE_FULL' });
  await eventually(() => sent.length === 1);
  expect(sent).toMatchObject([{ sent: 1, failed: 1 }]);
});

it('what an observer of batches throws is a warning, and nothing else', async () => {
  const queue = redis.queue<number>();
  observing({
    sent() {
      throw new Error('broken observer');
    },
  });
  await expect(queue.send(1)).resolves.toBeTypeOf('string');
});

it('a receiver is observed with what it has received', async () => {
  const queue = redis.queue<number>();
  const operations: ReceiveOperation[] = [];
  observing({
    receive(operation, run) {
      operations.push(operation);
      return run();
    },
  });
  const id = await queue.send(1);
  await (await queue.receive())?.ack();
  await queue.receive({ timeoutMs: 0 });
  expect(operations.map(({ messages }) => messages.map((message) => message.id))).toEqual([
    [id],
    [],
  ]);
});

it('tracing channels of diagnostics_channel have the same operations', async () => {
  const queue = redis.queue<number>();
  const events: string[] = [];
  for (const what of ['send', 'handle']) {
    const channel = tracingChannel(`redpost:${what}`);
    const subscribers = {
      start: (message: unknown) =>
        events.push(`${what} starts ${(message as { name: string }).name}`),
      asyncEnd: () => events.push(`${what} ends`),
      error: () => events.push(`${what} fails`),
      end() {},
      asyncStart() {},
    };
    channel.subscribe(subscribers as never);
    onTestFinished(() => channel.unsubscribe(subscribers as never));
  }
  await queue.send(1);
  queue.consume(() => {});
  await eventually(() => events.includes('handle ends'));
  expect(events).toEqual([
    `send starts ${queue.name}`,
    'send ends',
    `handle starts ${queue.name}`,
    'handle ends',
  ]);
});

it('nothing is told any more when an observer was removed', async () => {
  const queue = redis.queue<number>();
  const sent: SentBatch[] = [];
  const remove = observe({ sent: (batch) => void sent.push(batch) });
  await queue.send(1);
  await eventually(() => sent.length === 1);
  remove();
  await queue.send(2);
  expect(sent).toHaveLength(1);
});
