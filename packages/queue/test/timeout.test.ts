import { expect, it } from 'vitest';
import { eventually } from '../../../tooling/eventually.js';
import { rejection } from '../../../tooling/rejection.js';
import { AttemptTimeoutError, type Delivery } from '../src/index.js';
import { deferred } from './support/in-redis.js';
import { useRedis } from './support/use-redis.js';

const redis = useRedis();

it('when its time is up, the signal of a handler is aborted and the attempt has failed', async () => {
  const queue = redis.queue<string>();
  const seen: { attempt: number; reason: unknown; of: unknown }[] = [];
  const failed: Error[] = [];
  const errors: Error[] = [];
  const consumer = queue.consume(
    (delivery) =>
      new Promise((_, reject) => {
        delivery.signal.addEventListener('abort', async () => {
          const { attempt, signal } = delivery;
          const of = await rejection(delivery.ack());
          seen.push({ attempt, reason: signal.reason, of });
          reject(signal.reason);
        });
      }),
    { timeoutMs: 50, maxAttempts: 2, backoff: () => 0 },
  );
  consumer.on('failed', ({ error }) => failed.push(error));
  consumer.on('error', (error) => errors.push(error));
  await queue.send('x');
  await eventually(async () => (await queue.stats()).dead === 1);
  expect(seen.map(({ attempt }) => attempt)).toEqual([1, 2]);
  for (const { reason, of } of seen) {
    expect(reason).toBeInstanceOf(AttemptTimeoutError);
    expect(reason).toMatchObject({ code: 'ATTEMPT_TIMEOUT', timeoutMs: 50 });
    expect(of).toBe(reason);
  }
  expect(failed).toEqual(seen.map(({ reason }) => reason));
  expect(errors).toEqual([]);
  const [letter] = await queue.deadLetters.list();
  expect(letter).toMatchObject({ reason: 'failed', attempt: 2 });
  expect(letter?.error).toContain('50 ms');
});

it('the message says how long, before what the consumer says, also with a key, a priority and a delay', async () => {
  const queue = redis.queue<string>();
  const timedOut = new Map<string, number>();
  queue.consume(
    (delivery) =>
      new Promise<void>((resolve) => {
        const { signal, body } = delivery;
        signal.addEventListener('abort', () => {
          timedOut.set(body, signal.reason.timeoutMs);
          resolve();
        });
      }),
    { timeoutMs: 40, concurrency: 10, maxAttempts: 1 },
  );
  await queue.sendBatch([
    { body: 'own', timeoutMs: 30 },
    { body: 'keyed', timeoutMs: 31, key: 'k' },
    { body: 'ranked', timeoutMs: 32, priority: 9 },
    { body: 'delayed', timeoutMs: 33, delayMs: 1, ttlMs: 60_000 },
    { body: 'once', timeoutMs: 34, once: { key: 'o', until: 'done' } },
    { body: 'other' },
  ]);
  await eventually(() => timedOut.size === 6);
  expect(Object.fromEntries(timedOut)).toEqual({
    own: 30,
    keyed: 31,
    ranked: 32,
    delayed: 33,
    once: 34,
    other: 40,
  });
  await eventually(async () => (await queue.stats()).dead === 6);
  // The key and the once are free again.
  expect(
    await queue.sendBatch([{ body: 'other', once: { key: 'o', until: 'done' }, key: 'k' }]),
  ).toMatchObject([{ status: 'sent' }]);
});

it('a handler that ignores its signal occupies its place, but not its message', async () => {
  const queue = redis.queue<string>();
  const release = deferred();
  const started: string[] = [];
  const stubborn = queue.consume(
    async ({ body }) => {
      started.push(body);
      await release.promise;
    },
    { timeoutMs: 30, backoff: () => 0 },
  );
  await queue.send('first');
  await eventually(async () => (await queue.stats()).total.retried === 1);
  const handled: number[] = [];
  redis.otherEnd(queue).consume(({ attempt }) => void handled.push(attempt));
  await eventually(() => handled.length === 1);
  expect(handled).toEqual([2]);
  expect(started).toEqual(['first']);
  release.resolve();
  await stubborn.stop();
  expect(await queue.stats()).toMatchObject({ pending: 0, active: 0, total: { acked: 1 } });
});

it('in a batch each message has its own time, and what was received has the time of its message', async () => {
  const queue = redis.queue<string>();
  const batches: (readonly Delivery<string>[])[] = [];
  const release = deferred();
  const consumer = queue.consumeBatch(
    async (deliveries) => {
      batches.push(deliveries);
      if (batches.length === 1) await release.promise;
    },
    { max: 2, maxWaitMs: 1000, backoff: () => 60_000 },
  );
  await queue.sendBatch([{ body: 'short', timeoutMs: 30 }, { body: 'long' }]);
  await eventually(async () => (await queue.stats()).total.retried === 1);
  expect(batches[0]?.map(({ signal }) => signal.aborted)).toEqual([true, false]);
  release.resolve();
  await eventually(async () => (await queue.stats()).total.acked === 1);
  await consumer.stop();

  const received = redis.queue<string>();
  await received.send('x', { timeoutMs: 30 });
  const delivery = await received.receive();
  await eventually(() => delivery?.signal.aborted);
  await eventually(async () => (await received.stats()).total.retried === 1);
});
