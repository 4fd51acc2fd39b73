import { expect, it } from 'vitest';
import { eventually } from '../../../tooling/eventually.js';
import { useRedis } from './support/use-redis.js';

const redis = useRedis();

it('peek shows delayed messages, the one that is due first first', async () => {
  const queue = redis.queue<number>();
  await queue.sendBatch([5, 3, 4].map((body) => ({ body, delayMs: body * 60_000 })));
  await queue.send(1);

  const delayed = await queue.peek(2, { state: 'delayed' });

  expect(delayed).toMatchObject([
    { body: 3, state: 'delayed', bodyBytes: 1 },
    { body: 4, state: 'delayed', bodyBytes: 1 },
  ]);
  const inMs = (delayed[0]?.dueAt?.getTime() ?? 0) - Date.now();
  expect(inMs).toBeGreaterThan(150_000);
  expect(inMs).toBeLessThan(181_000);
  expect(await queue.peek(10)).toMatchObject([{ body: 1, state: 'pending', dueAt: undefined }]);
});

it('peek shows the messages that each consumer holds, in batches or one by one, and takes none', async () => {
  const queue = redis.queue<number>();
  await queue.sendBatch(Array.from({ length: 6 }, (_, body) => ({ body, id: `m${body}` })));
  await queue.connection.call('LPUSH', [queue.name, '6']);
  let release = () => {};
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  const consumer = queue.consume(() => released, { concurrency: 7 });
  await eventually(async () => (await queue.stats()).active === 7);

  const active = await queue.peek(100, { state: 'active' });

  const [info] = await queue.consumers();
  expect(new Set(active.map((message) => message.consumer))).toEqual(new Set([info?.consumer]));
  expect(active.map(({ body }) => body).sort()).toEqual([0, 1, 2, 3, 4, 5, 6]);
  expect(active.find(({ body }) => body === 6)?.id).toMatch(`${info?.consumer}-`);
  expect(await queue.peek(3, { state: 'active' })).toHaveLength(3);
  release();
  await queue.idle();
  await consumer.stop();
  expect((await queue.stats()).total.acked).toBe(7);
});

it.each(['pending', 'delayed', 'active'] as const)(
  'of large %s messages peek reads only the beginning',
  async (state) => {
    const queue = redis.queue<string>();
    const body = 'x'.repeat(1_000_000);
    const delayMs = state === 'delayed' ? 60_000 : 0;
    await queue.sendBatch(
      Array.from({ length: 3 }, (_, n) => ({ body, delayMs, id: `m${n}`, headers: { a: 'b' } })),
    );
    await queue.send('small', { delayMs, id: 'm3' });
    const deliveries = [];
    if (state === 'active') {
      for (let n = 0; n < 4; n += 1) deliveries.push(await queue.receive());
    }

    const peeked = await queue.peek(10, { state, maxBodyBytes: 10 });

    expect(peeked.map(({ id }) => id).sort()).toEqual(['m0', 'm1', 'm2', 'm3']);
    for (const { id, headers, bytes, bodyBytes, body: read } of peeked) {
      if (id === 'm3') {
        expect(read).toBe('small');
        continue;
      }
      expect({ read, headers, bodyBytes }).toEqual({
        read: undefined,
        headers: { a: 'b' },
        bodyBytes: 1_000_002,
      });
      expect(String(bytes)).toBe('"xxxxxxxxx');
    }
    expect((await queue.peek(10, { state })).some((message) => message.body === body)).toBe(true);
    for (const delivery of deliveries) await delivery?.ack();
  },
);

it('peek refuses options that cannot work', async () => {
  const queue = redis.queue();
  await expect(queue.peek(1, { state: 'dead' as never })).rejects.toThrow(/state/);
  await expect(queue.peek(1, { maxBodyBytes: -1 })).rejects.toThrow(/maxBodyBytes/);
  await expect(queue.peek(1, { most: 1 } as never)).rejects.toThrow(/most/);
});
