import { AsyncLocalStorage } from 'node:async_hooks';
import { expect, it } from 'vitest';
import { eventually } from '../../../tooling/eventually.js';
import type { Queue } from '../src/index.js';
import { useRedis } from './support/use-redis.js';

const redis = useRedis();
const tenant = new AsyncLocalStorage<string>();

it('handlers run in the context in which consume was called, no matter where the connection was opened', async () => {
  const [one, other] = [redis.queue<number>(), redis.queue<number>()];
  const seen: string[] = [];
  const consumeAs = (name: string, queue: Queue<number>) =>
    tenant.run(name, () =>
      queue.consume(async () => {
        const before = tenant.getStore();
        await new Promise(setImmediate);
        seen.push(`${name}: ${before}, ${tenant.getStore()}`);
      }),
    );
  consumeAs('one', one);
  consumeAs('other', other);

  for (let sent = 0; sent < 5; sent += 1) {
    // One after the other: each is brought by a blocking read.
    await Promise.all([one, other].map((queue) => tenant.run('sender', () => queue.send(sent))));
    await eventually(() => seen.length === 2 * (sent + 1));
  }

  expect(new Set(seen)).toEqual(new Set(['one: one, one', 'other: other, other']));
});

it('a context that one handler enters is not visible to the next one', async () => {
  const queue = redis.queue<number>();
  const found: unknown[] = [];
  await queue.sendBatch(Array.from({ length: 20 }, (_, body) => ({ body })));

  tenant.run('consumer', () =>
    queue.consume(
      ({ body }) => {
        found.push(tenant.getStore());
        tenant.enterWith(`message ${body}`);
        return body % 2 === 0 ? Promise.resolve() : undefined;
      },
      { concurrency: 4 },
    ),
  );
  await eventually(() => found.length === 20);

  expect(new Set(found)).toEqual(new Set(['consumer']));
});

it('listeners run in the context in which they were added', async () => {
  const queue = redis.queue<number>();
  const seen: unknown[] = [];
  const consumer = tenant.run('consumer', () =>
    queue.consume(() => Promise.reject(new Error('no')), {
      maxAttempts: 2,
      backoff: () => {
        seen.push(`backoff: ${tenant.getStore()}`);
        return 0;
      },
    }),
  );
  tenant.run('listener', () =>
    consumer.on('failed', () => void seen.push(`failed: ${tenant.getStore()}`)),
  );
  await tenant.run('sender', () => queue.send(1));
  await eventually(() => seen.length === 3);

  expect(seen).toEqual(['backoff: consumer', 'failed: listener', 'failed: listener']);
});
