import { expect, it } from 'vitest';
import { eventually } from '../../../tooling/eventually.js';
import { deferred } from './support/in-redis.js';
import { useRedis } from './support/use-redis.js';

const redis = useRedis();

it('idle() waits for pending, active and delayed messages', async () => {
  const queue = redis.queue<number>();
  await queue.idle();
  let isIdle = false;
  const end = deferred<void>();
  await queue.send(1);
  await queue.send(2, { delayMs: 300 });
  const idle = queue.idle().then(() => {
    isIdle = true;
  });
  let handled = 0;
  queue.consume(
    async ({ body }) => {
      if (body === 1) await end.promise;
      handled += 1;
    },
    { concurrency: 2 },
  );
  await eventually(() => handled === 1);
  expect(isIdle).toBe(false);
  expect((await queue.stats()).active).toBe(1);
  end.resolve();
  await idle;
  expect(handled).toBe(2);
});

it('idle() ends with its signal', async () => {
  const queue = redis.queue<number>();
  await queue.send(1);
  const reason = new Error('enough');
  const ending = new AbortController();
  const idle = queue.idle({ signal: ending.signal });
  ending.abort(reason);
  await expect(idle).rejects.toBe(reason);
});

it('a consumer tells once each time its queue has become idle', async () => {
  const queue = redis.queue<number>();
  const events: string[] = [];
  await queue.send(1);
  await queue.send(2, { delayMs: 200 });
  const consumer = queue.consume(({ body }) => void events.push(`handled ${body}`));
  consumer.on('idle', () => events.push('idle'));
  await eventually(() => events.includes('idle'));
  await queue.send(3);
  await eventually(() => events.filter((event) => event === 'idle').length === 2);
  await queue.send(4);
  await eventually(() => events.filter((event) => event === 'idle').length === 3);
  expect(events).toEqual([
    'handled 1',
    'handled 2',
    'idle',
    'handled 3',
    'idle',
    'handled 4',
    'idle',
  ]);
});

it('acknowledged messages are told in batches, with how long they waited and ran', async () => {
  const queue = redis.queue<number>();
  const batches: { body: number; waitMs: number | undefined; runMs: number | undefined }[][] = [];
  await queue.sendBatch(Array.from({ length: 100 }, (_, body) => ({ body })));
  await queue.connection.call('LPUSH', [queue.name, '100']);
  const consumer = queue.consume(() => {}, { concurrency: 10 });
  consumer.on('acked', ({ messages }) => {
    batches.push(
      messages.map(({ delivery, waitMs, runMs }) => ({ body: delivery.body, waitMs, runMs })),
    );
  });
  await eventually(() => batches.flat().length === 101);
  expect(batches.length).toBeLessThan(50);
  expect(
    batches
      .flat()
      .map(({ body }) => body)
      .sort((a, b) => a - b),
  ).toEqual(Array.from({ length: 101 }, (_, n) => n));
  for (const { body, waitMs, runMs } of batches.flat()) {
    expect(runMs).toBeGreaterThanOrEqual(0);
    if (body === 100) expect(waitMs).toBeUndefined();
    else expect(waitMs).toBeGreaterThanOrEqual(0);
  }
});
