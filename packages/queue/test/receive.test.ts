import { connect } from '@redpost/core';
import { expect, it } from 'vitest';
import { eventually } from '../../../tooling/eventually.js';
import { idleMsSince } from '../../../tooling/machine-pace.js';
import { rejection } from '../../../tooling/rejection.js';
import { Queue } from '../src/index.js';
import { atRest, calls, elements, isBlocked } from './support/in-redis.js';
import { startOwnRedis, uniqueName, useRedis } from './support/use-redis.js';

const redis = useRedis();

it('receive takes one message and no more', async () => {
  const queue = redis.queue<number>();
  for (const body of [1, 2, 3]) await queue.send(body);

  const delivery = await queue.receive();

  expect(delivery?.body).toBe(1);
  expect(await queue.stats()).toMatchObject({ pending: 2, active: 1 });
  await delivery?.ack();
  expect(await queue.stats()).toMatchObject({ pending: 2, active: 0, total: { acked: 1 } });
});

it('receive with a timeout of 0 finds a waiting message', async () => {
  const queue = redis.queue<number>();
  expect(await queue.receive({ timeoutMs: 0 })).toBeUndefined();

  await queue.send(1);
  expect((await queue.receive({ timeoutMs: 0 }))?.body).toBe(1);
  expect(await queue.receive({ timeoutMs: 0 })).toBeUndefined();
});

it('receive with a timeout of 0 does not wait for a call that waits', async () => {
  const queue = redis.queue<number>();
  const waiting = queue.receive();
  await eventually(() => isBlocked(queue.connection));

  const start = performance.now();
  expect(await queue.receive({ timeoutMs: 0 })).toBeUndefined();
  expect(idleMsSince(start)).toBeLessThan(2000);

  await queue.send(1);
  expect((await waiting)?.body).toBe(1);
});

it('receive gives up when its time is up', async () => {
  const queue = redis.queue<number>();
  const start = performance.now();

  expect(await queue.receive({ timeoutMs: 80 })).toBeUndefined();

  expect(performance.now() - start).toBeGreaterThanOrEqual(79);
  expect(idleMsSince(start)).toBeLessThan(1000);
});

it('short waits lose nothing while messages come', async () => {
  const queue = redis.queue<number>();
  const producer = redis.queue<number>({ name: queue.name });
  const seen: number[] = [];
  const sending = (async () => {
    for (let body = 0; body < 150; body += 1) {
      await producer.send(body);
      await new Promise((resolve) => setTimeout(resolve, body % 4));
    }
  })();

  for (let round = 0; seen.length < 150 && round < 5000; round += 1) {
    const delivery = await queue.receive({ timeoutMs: round % 5 });
    if (!delivery) continue;
    seen.push(delivery.body);
    await delivery.ack();
  }
  await sending;

  expect(seen).toEqual(Array.from({ length: 150 }, (_, at) => at));
  await queue.close();
  expect(await atRest(producer as never)).toEqual({ pending: 0, delayed: 0, dead: 0 });
});

it('aborted waits lose nothing while messages come', async () => {
  const queue = redis.queue<number>();
  const producer = redis.queue<number>({ name: queue.name });
  const seen: number[] = [];
  for (let body = 0; body < 60; body += 1) {
    const abort = new AbortController();
    const receiving = queue.receive({ signal: abort.signal }).then(
      async (delivery) => {
        seen.push(delivery?.body ?? -1);
        await delivery?.ack();
      },
      (error) => expect(error).toBe(abort.signal.reason),
    );
    const sent = producer.send(body);
    setTimeout(() => abort.abort(), body % 3);
    await Promise.all([receiving, sent]);
  }
  for (;;) {
    const delivery = await queue.receive({ timeoutMs: 50 });
    if (!delivery) break;
    seen.push(delivery.body);
    await delivery.ack();
  }

  expect([...seen].sort((a, b) => a - b)).toEqual(Array.from({ length: 60 }, (_, at) => at));
});

it('many waiting calls get one message each', async () => {
  const queue = redis.queue<number>();
  const waiting = Array.from({ length: 20 }, () => queue.receive());
  await eventually(() => isBlocked(queue.connection));

  await queue.sendBatch(Array.from({ length: 20 }, (_, body) => ({ body })));
  const bodies = (await Promise.all(waiting)).map((delivery) => delivery?.body ?? -1);

  expect(bodies.sort((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, at) => at));
});

it('an aborted wait takes no message', async () => {
  const queue = redis.queue<number>();
  await queue.receive({ timeoutMs: 30 });
  await eventually(async () => !(await isBlocked(queue.connection)));

  await queue.send(1);

  expect(await queue.stats()).toMatchObject({ pending: 1, active: 0 });
});

it('receive costs one lease', async () => {
  const own = await startOwnRedis();
  const { connect } = await import('@redpost/core');
  const { Queue } = await import('../src/index.js');
  const connection = connect(own.url);
  const queue = new Queue<number>('q', { connection });
  await queue.sendBatch([{ body: 1 }, { body: 2 }, { body: 3 }]);

  await queue.receive();

  expect(await calls(connection, 'rpop')).toBeLessThanOrEqual(2);
  expect((await queue.stats()).active).toBe(1);
  await queue.close();
  await connection.close();
});

it('a loop over deliveries continues where a break has left it', async () => {
  const queue = redis.queue<number>();
  const seen: number[] = [];
  for (const body of [1, 2, 3, 4]) await queue.send(body);

  for (let round = 0; round < 2; round += 1) {
    for await (const delivery of queue.deliveries()) {
      seen.push(delivery.body);
      await delivery.ack();
      if (seen.length % 2 === 0) break;
    }
  }

  expect(seen).toEqual([1, 2, 3, 4]);
});

it('a loop over deliveries ends when its signal is aborted', async () => {
  const queue = redis.queue<number>();
  const abort = new AbortController();
  await queue.send(1);

  for await (const delivery of queue.deliveries({ signal: abort.signal })) {
    await delivery.ack();
    setTimeout(() => abort.abort(), 20);
  }
  for await (const _ of queue.deliveries({ signal: abort.signal })) throw new Error('no');
});

it('an aborted signal is noticed before anything is asked', async () => {
  const queue = redis.queue<number>();

  await expect(queue.receive({ signal: AbortSignal.abort('why') })).rejects.toBe('why');
  await expect(queue.receive({ timeoutMs: -1 })).rejects.toThrow(/timeoutMs/);
});

it('close returns messages that were received but not settled, and reports them', async () => {
  const name = uniqueName();
  const queue = redis.queue<number>({ name });
  const observer = redis.queue<number>({ name });
  for (const body of [1, 2, 3]) await queue.send(body);
  const [first] = [await queue.receive(), await queue.receive()];

  await queue.close();

  expect(first?.signal.aborted).toBe(true);
  await expect(first?.ack()).rejects.toMatchObject({ code: 'RETURNED' });
  expect((await elements(observer as never)).map((element) => element.slice(-1))).toEqual([
    '1',
    '2',
    '3',
  ]);
  expect((await rejection(queue.receive())).code).toBe('CLOSED');
  expect(() => queue.consume(() => {})).toThrow(/closed/);
});

it('close rejects waiting calls', async () => {
  const queue = redis.queue<number>();
  const waiting = rejection(queue.receive());

  await queue.close();

  expect((await waiting).code).toBe('CLOSED');
});

it('an ack rejects while Redis is away, and still counts when it is back', async () => {
  const own = await startOwnRedis();
  const connection = connect(own.url, { callTimeoutMs: 300 });
  connection.on('error', () => {});
  const queue = new Queue<number>(uniqueName(), { connection });
  queue.on('error', () => {});
  await queue.send(1);
  const delivery = await queue.receive();

  process.kill(own.pid, 'SIGSTOP');
  const error = await rejection(delivery?.ack() ?? Promise.resolve());
  process.kill(own.pid, 'SIGCONT');

  expect(error).toMatchObject({ code: 'TIMEOUT', outcome: 'unknown' });
  await eventually(async () => (await queue.stats()).total.acked === 1);
  await queue.close();
  await connection.close();
});

it('closing twice waits for the same end', async () => {
  const queue = redis.queue<number>();
  await queue.send(1);
  await queue.receive();

  void queue.close();
  await queue.close();

  expect((await redis.queue({ name: queue.name }).stats()).pending).toBe(1);
});
