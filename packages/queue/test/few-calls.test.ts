import { setTimeout } from 'node:timers/promises';
import { expect, it, vi } from 'vitest';
import { eventually } from '../../../tooling/eventually.js';
import type { LeaseInput } from '../src/scripts/lease.js';
import { type TestQueue, useRedis } from './support/use-redis.js';

const redis = useRedis();

/** Counts the calls that lease or acknowledge. */
function countLeases({ connection }: TestQueue<number>): () => number {
  let count = 0;
  const run = connection.run.bind(connection);
  vi.spyOn(connection, 'run').mockImplementation((script, input, options) => {
    if ('firstReceipt' in (input as Partial<LeaseInput>)) count += 1;
    return run(script, input, options);
  });
  return () => count;
}

it('with handlers of a millisecond, several messages share a call, though each is done at another time', async () => {
  const queue = redis.queue<number>();
  const all = Array.from({ length: 2000 }, (_, body) => ({ body }));
  await queue.sendBatch(all);
  const leases = countLeases(queue);
  let left = all.length;
  const consumer = queue.consume(
    async () => {
      await setTimeout(1 + Math.random());
      left -= 1;
    },
    { concurrency: 10 },
  );
  await eventually(() => left === 0);
  await consumer.stop();

  expect((await queue.stats()).total.acked).toBe(2000);
  expect(leases()).toBeLessThan(2000 / 3);
});
