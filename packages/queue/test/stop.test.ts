import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { eventually } from '../../../tooling/eventually.js';
import { idleMsSince } from '../../../tooling/machine-pace.js';
import { type Delivery, ReturnedError } from '../src/index.js';
import { atRest, consumersOf, deferred, heldKeys, isBlocked } from './support/in-redis.js';
import { startOwnRedis, uniqueName, useRedis } from './support/use-redis.js';

const redis = useRedis();

it('stop lets handlers finish and takes nothing more', async () => {
  const queue = redis.queue<number>();
  const release = deferred();
  const done: number[] = [];
  await queue.sendBatch([1, 2, 3, 4].map((body) => ({ body })));
  const begun: number[] = [];
  const consumer = queue.consume(
    async ({ body }) => {
      begun.push(body);
      await release.promise;
      done.push(body);
    },
    { concurrency: 2 },
  );
  await eventually(() => begun.length === 2);

  const stopped = consumer.stop();
  expect(consumer.stop()).toBe(stopped);
  release.resolve();
  await stopped;

  expect(done).toEqual([1, 2]);
  expect(await atRest(queue as never)).toEqual({ pending: 2, delayed: 0, dead: 0 });
  expect(await consumersOf(queue as never)).toEqual([]);
});

it('past the deadline unfinished messages return to the queue, and their handlers are told', async () => {
  const queue = redis.queue<number>();
  let signal: AbortSignal | undefined;
  await queue.send(1);
  const consumer = queue.consume((delivery) => {
    signal = delivery.signal;
    return new Promise(() => {});
  });
  await eventually(() => signal !== undefined);

  await consumer.stop({ timeoutMs: 20 });

  expect(signal?.aborted).toBe(true);
  expect(await atRest(queue as never)).toEqual({ pending: 1, delayed: 0, dead: 0 });
});

it('messages that stop and close return count no attempt, and keep their order and their ids', async () => {
  const queue = redis.queue<number>();
  await queue.connection.call('LPUSH', [queue.name, '1']);
  await queue.sendBatch([2, 3, 4].map((body) => ({ body })));
  const ids = new Map<number, Set<string>>();
  for (const end of ['stop', 'close'] as const) {
    const worker = redis.queue<number>({ name: queue.name });
    let begun = 0;
    const consumer = worker.consume(
      ({ body, id, attempt }) => {
        begun += 1;
        expect(attempt).toBe(1);
        ids.set(body, (ids.get(body) ?? new Set()).add(id));
        return new Promise(() => {});
      },
      { concurrency: 3 },
    );
    await eventually(() => begun === 3);
    const closed = end === 'close' ? worker.close() : undefined;
    await consumer.stop({ timeoutMs: 0 });
    await closed;
  }

  const bodies = [];
  for (let n = 0; n < 4; n += 1) {
    const delivery = await queue.receive();
    bodies.push([delivery?.body, delivery?.attempt]);
  }
  expect(bodies).toEqual([1, 2, 3, 4].map((body) => [body, 1]));
  expect([...ids].map(([body, known]) => [body, known.size])).toEqual([1, 2, 3].map((n) => [n, 1]));
  expect((await queue.stats()).total.retried).toBe(0);
});

it('a suspect that stop returns is still a suspect, with the attempts it had', async () => {
  const queue = redis.queue<number>();
  const element = '\u00011{"attempt":2,"suspect":1,"id":"s"}\n1';
  await queue.connection.call('LPUSH', [`{${queue.name}}:suspects`, element]);
  let attempt = 0;
  const consumer = queue.consume((delivery) => {
    attempt = delivery.attempt;
    return new Promise(() => {});
  });
  await eventually(() => attempt === 3);
  await consumer.stop({ timeoutMs: 0 });

  const suspects = await queue.connection.call('LRANGE', [`{${queue.name}}:suspects`, 0, -1]);
  expect(String(suspects)).toBe(element);
});

it('a handler that has not finished by the deadline is told by its signal, by the event and by its later calls', async () => {
  const queue = redis.queue<number>();
  const late = deferred();
  const told: unknown[] = [];
  const finished = deferred<Delivery<number>>();
  const returned: unknown[] = [];
  await queue.send(1, { id: 'slow' });
  const consumer = queue.consume(async (delivery) => {
    void delivery.signal;
    await late.promise;
    for (const ask of [() => delivery.ack(), () => delivery.retry(), () => delivery.extend()]) {
      await ask().catch((error) => told.push(error));
    }
    finished.resolve(delivery);
  });
  consumer.on('returned', ({ deliveries }) => returned.push(...deliveries.map(({ id }) => id)));
  await eventually(async () => (await queue.stats()).active === 1);
  await consumer.stop({ timeoutMs: 0 });
  late.resolve();
  const { signal } = await finished.promise;

  expect(returned).toEqual(['slow']);
  expect(told).toMatchObject(Array.from({ length: 3 }, () => ({ code: 'RETURNED', id: 'slow' })));
  expect(signal.reason).toBeInstanceOf(ReturnedError);
  expect(await atRest(queue as never)).toEqual({ pending: 1, delayed: 0, dead: 0 });
});

it('a message taken by receive is returned by close without counting an attempt, and its owner is told', async () => {
  const queue = redis.queue<number>();
  const other = redis.queue<number>({ name: queue.name });
  await queue.send(1);
  const delivery = await queue.receive();
  await queue.close();

  await expect(delivery?.ack()).rejects.toBeInstanceOf(ReturnedError);
  expect((await other.receive())?.attempt).toBe(1);
});

it.each([
  ['at once', async () => {}],
  ['after other work', () => new Promise((resolve) => setImmediate(resolve))],
])('a handler that awaits stop %s is not waited for by itself', async (_when, work) => {
  const queue = redis.queue<number>();
  const stopped = deferred();
  await queue.sendBatch([1, 2].map((body) => ({ body })));
  const consumer = queue.consume(async () => {
    const nested = async () => {
      await work();
      await Promise.all([consumer.stop({ timeoutMs: 60_000 }), queue.close()]);
    };
    await nested();
  });
  consumer.on('stopped', () => stopped.resolve());
  await stopped.promise;

  expect(await atRest(queue as never)).toEqual({ pending: 1, delayed: 0, dead: 0 });
  expect((await redis.queue({ name: queue.name }).stats()).total.acked).toBe(1);
});

it('calls outside of the handlers still wait, also those in listeners of events', async () => {
  const queue = redis.queue<string>();
  const release = deferred();
  const order: string[] = [];
  await queue.send('slow');
  await queue.send('fails');
  const begun = deferred();
  const consumer = queue.consume(
    async ({ body }) => {
      if (body === 'slow') begun.resolve();
      if (body === 'slow') await release.promise;
      else throw new Error('no');
      order.push('handler');
    },
    { concurrency: 2, maxAttempts: 1 },
  );
  const told = deferred();
  consumer.on('failed', async () => {
    const stopped = consumer.stop();
    told.resolve();
    await stopped;
    order.push('stopped');
  });
  await begun.promise;
  await told.promise;
  release.resolve();
  await consumer.stop();
  await eventually(() => order.length === 2);

  expect(order).toEqual(['handler', 'stopped']);
});

it('a message that fails while the consumer stops is settled as usual', async () => {
  const queue = redis.queue<string>();
  const release = deferred();
  let begun = 0;
  for (const body of ['late', 'dead']) await queue.send(body);
  const consumer = queue.consume(
    async ({ body }) => {
      begun += 1;
      await release.promise;
      throw Object.assign(new Error('no'), { body });
    },
    { concurrency: 2, maxAttempts: 2, backoff: () => 60_000 },
  );
  await eventually(() => begun === 2);
  const stopped = consumer.stop();
  release.resolve();
  await stopped;

  expect(await atRest(queue as never)).toEqual({ pending: 0, delayed: 2, dead: 0 });
  expect((await queue.stats()).total.retried).toBe(2);
});

it.each([0, 10_000])(
  'stop with %i ms right after consume leaves nothing behind',
  async (timeoutMs) => {
    const queue = redis.queue<number>();
    await queue.send(1);

    await queue.consume(() => {}).stop({ timeoutMs });

    expect(await heldKeys(queue.connection, queue.name)).toEqual([]);
    const { pending, total } = await queue.stats();
    expect(pending + total.acked).toBe(1);
    expect(await consumersOf(queue as never)).toEqual([]);
  },
);

it('stop while a blocking move is out loses nothing that comes at that moment', async () => {
  const name = uniqueName();
  const queue = redis.queue<number>({ name });
  const producer = redis.queue<number>({ name });
  let handled = 0;
  for (let round = 0; round < 40; round += 1) {
    const consumer = queue.consume(() => {
      handled += 1;
    });
    await eventually(() => isBlocked(producer.connection));
    const sent = producer.send(round);
    await Promise.all([consumer.stop({ timeoutMs: round % 2 ? 0 : 1000 }), sent]);
    expect(await heldKeys(producer.connection, name)).toEqual([]);
  }

  const { pending, total } = await producer.stats();
  expect(pending + handled).toBe(40);
  expect(total.acked).toBe(handled);
});

it('stop while messages flow loses nothing and doubles nothing', async () => {
  const name = uniqueName();
  const queue = redis.queue<number>({ name });
  const seen: number[] = [];
  await queue.sendBatch(Array.from({ length: 5000 }, (_, body) => ({ body })));
  for (let round = 1; round <= 5; round += 1) {
    const consumer = queue.consume(async ({ body }) => void seen.push(body), { concurrency: 10 });
    await eventually(() => seen.length > round * 500);
    await consumer.stop();
    expect(await atRest(queue as never)).toMatchObject({ pending: 5000 - seen.length });
  }
  expect(new Set(seen).size).toBe(seen.length);
});

it('stop while Redis is away ends', async () => {
  const own = await startOwnRedis();
  const { Queue } = await import('../src/index.js');
  const { connect } = await import('@redpost/core');
  const connection = connect(own.url);
  connection.on('error', () => {});
  const queue = new Queue<number>('q', { connection });
  const drained = deferred();
  const consumer = queue.consume(() => {});
  consumer.on('error', () => {});
  consumer.on('drained', drained.resolve);
  await drained.promise;
  await own.kill();

  const start = performance.now();
  await consumer.stop({ timeoutMs: 100 });

  expect(idleMsSince(start)).toBeLessThan(8000);
  await connection.close();
});

it('a signal stops the consumer, and is let go by a consumer that has stopped', async () => {
  const queue = redis.queue<number>();
  const abort = new AbortController();
  const consumer = queue.consume(() => {}, { signal: abort.signal });
  const stopped = deferred();
  consumer.on('stopped', () => stopped.resolve());
  abort.abort();
  await stopped.promise;

  const already = queue.consume(() => {}, { signal: AbortSignal.abort() });
  await already.stop();
  expect(await consumersOf(queue as never)).toEqual([]);
});

it('closing the connection stops the consumer and rejects waiting calls', async () => {
  const queue = redis.queue<number>();
  const stopped = deferred();
  const drained = deferred();
  const consumer = queue.consume(() => {});
  consumer.on('stopped', () => stopped.resolve());
  consumer.on('drained', drained.resolve);
  await drained.promise;
  const waiting = queue.receive().catch((error) => error.code);

  await queue.connection.close();
  await stopped.promise;

  expect(await waiting).toBe('CLOSED');
});

it.each([
  ['the queue and then the connection', 'await queue.close(); await connection.close();'],
  ['only the connection', 'await connection.close();'],
])('a process ends after closing %s', async (_what, close) => {
  const program = `
    import { connect } from '@redpost/core';
    import { Queue } from '@redpost/queue';
    const connection = connect(process.env.REDIS_URL);
    const queue = new Queue('exit-' + process.pid, { connection });
    process.on('warning', (warning) => console.log(String(warning)));
    await queue.send(1);
    await queue.send(2);
    await (await queue.receive()).ack();
    await queue.receive({ timeoutMs: 50 }).then((delivery) => delivery.ack());
    const consumer = queue.consume(() => {});
    await new Promise((resolve) => consumer.on('drained', resolve));
    ${close}
    console.log('closed');`;

  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--input-type=module', '--eval', program],
    {
      cwd: fileURLToPath(new URL('..', import.meta.url)),
      env: { ...process.env, REDIS_URL: redis.url },
      timeout: 10_000,
    },
  );

  expect(stdout).toContain('closed\n');
  if (close.startsWith('await queue')) expect(stdout).toBe('closed\n');
});
