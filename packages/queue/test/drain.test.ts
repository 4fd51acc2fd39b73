import { InvalidArgumentError, TimeoutError } from '@redpost/core';
import { expect, it } from 'vitest';
import { rejection } from '../../../tooling/rejection.js';
import { drain, runOnce } from '../src/testing/index.js';
import { useRedis } from './support/use-redis.js';

const redis = useRedis();

it('drain handles all that is pending, also what handlers send, and nothing is left', async () => {
  const queue = redis.queue<number>();
  await queue.sendBatch([5, 6].map((body) => ({ body })));
  const handled: number[] = [];

  const result = await drain(queue, async ({ body }) => {
    handled.push(body);
    if (body > 2) await queue.send(body - 2);
  });

  expect(handled).toEqual([5, 6, 3, 4, 1, 2]);
  expect(result).toEqual({ handled: 6, acked: 6, retried: 0, dead: 0, errors: [] });
  expect(await queue.stats()).toMatchObject({ pending: 0, active: 0, consumers: 0 });
});

it('drain handles messages one at a time, and a thousand of them', async () => {
  const queue = redis.queue<number>();
  await queue.sendBatch(Array.from({ length: 1000 }, (_, body) => ({ body })));
  const handled: number[] = [];
  let running = 0;
  let most = 0;
  await drain(queue, async ({ body }) => {
    most = Math.max(most, ++running);
    handled.push(body);
    await Promise.resolve();
    running -= 1;
  });
  expect(most).toBe(1);
  expect(handled).toEqual(Array.from({ length: 1000 }, (_, body) => body));
});

it('drain rejects with the error of a handler, whose message is retried, and handles no further one', async () => {
  const queue = redis.queue<string>({ consume: { backoff: () => 60_000 } });
  await queue.sendBatch(['a', 'b', 'c'].map((body) => ({ body })));
  const handled: string[] = [];
  const error = new Error('the mail server is away');

  const drained = drain(queue, ({ body }) => {
    handled.push(body);
    if (body === 'b') throw error;
  });

  await expect(drained).rejects.toBe(error);
  expect(handled).toEqual(['a', 'b']);
  expect(await queue.stats()).toMatchObject({ pending: 1, delayed: 1, active: 0 });
});

it('drain collects errors if told so, and what is retried at once is handled again', async () => {
  const queue = redis.queue<string>({ consume: { backoff: () => 0, maxAttempts: 2 } });
  await queue.send('bad');
  await queue.connection.call('LPUSH', [queue.name, 'no json']);

  const result = await drain(
    queue,
    ({ attempt }) => {
      throw new Error(`attempt ${attempt}`);
    },
    { errors: 'collect' },
  );

  expect(result).toMatchObject({ handled: 2, acked: 0, retried: 1, dead: 2 });
  expect(result.errors.map(({ message }) => message).sort()).toEqual([
    'The body is not json: Unexpected token \'o\', "no json" is not valid JSON',
    'attempt 1',
    'attempt 2',
  ]);
});

it('what a handler settles by itself counts as it was settled', async () => {
  const queue = redis.queue<string>();
  await queue.sendBatch(['dead', 'later', 'acked'].map((body) => ({ body })));
  const result = await drain(queue, async (delivery) => {
    if (delivery.body === 'dead') await delivery.deadLetter('no');
    if (delivery.body === 'later') await delivery.retry({ delayMs: 60_000 });
    if (delivery.body === 'acked') await delivery.ack();
  });
  expect(result).toMatchObject({ handled: 3, acked: 1, retried: 1, dead: 1 });
});

it('drain says so when it takes too long, and when the queue is paused', async () => {
  const queue = redis.queue<string>();
  await queue.send('stuck');
  const stuck = drain(queue, ({ signal }) => aborted(signal), { timeoutMs: 150 });
  const late = await rejection(stuck);
  expect(late).toBeInstanceOf(TimeoutError);
  expect(late.message).toContain('was not drained within 150 ms');
  expect(await queue.stats()).toMatchObject({ pending: 1, active: 0 });

  await queue.pause();
  const paused = await rejection(drain(queue, () => {}));
  expect(paused).toBeInstanceOf(InvalidArgumentError);
  expect(paused.message).toContain('paused');
});

it('runOnce handles one message, tells what became of it, and leaves the others in their order', async () => {
  const queue = redis.queue<string>({ consume: { backoff: () => 60_000, maxAttempts: 2 } });
  await queue.sendBatch(['a', 'b', 'c', 'd'].map((body) => ({ body })));

  const first = await runOnce(queue, ({ body }) => `handled ${body}`);
  expect(first).toMatchObject({ outcome: 'acked', value: 'handled a', error: undefined });
  expect(first?.delivery).toMatchObject({ body: 'a', attempt: 1 });
  expect((await queue.peek()).map(({ body }) => body)).toEqual(['b', 'c', 'd']);

  const error = new Error('no');
  const fails = () => Promise.reject(error);
  await expect(runOnce(queue, fails)).rejects.toBe(error);
  const retried = await runOnce(queue, fails, { errors: 'collect' });
  expect(retried).toMatchObject({ outcome: 'retried', error, delivery: { body: 'c' } });
  const dead = await runOnce(queue, fails, { errors: 'collect', consume: { maxAttempts: 1 } });
  expect(dead).toMatchObject({ outcome: 'dead', delivery: { body: 'd' } });

  expect(await runOnce(queue, () => {})).toBeUndefined();
  expect(await queue.stats()).toMatchObject({ pending: 0, delayed: 2, dead: 1, active: 0 });
});

it('unknown options are refused, and what is no handler', async () => {
  const queue = redis.queue<string>();
  for (const [options, named] of [
    [{ concurrency: 2 }, 'concurrency'],
    [{ errors: 'ignore' }, 'errors'],
    [{ timeoutMs: 0 }, 'timeoutMs'],
    [{ clock: {} }, 'clock'],
  ] as const) {
    const error = await rejection(drain(queue, () => {}, options as object));
    expect(error).toBeInstanceOf(InvalidArgumentError);
    expect(error.message).toContain(named);
  }
  expect(await rejection(runOnce(queue, 'send' as never))).toBeInstanceOf(InvalidArgumentError);
});

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve()));
}
