import { connect } from '@redpost/core';
import { type EmbeddedRedis, startRedis } from '@redpost/core/embedded';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { busyMs, idleMsSince } from '../../../tooling/machine-pace.js';
import { rejection } from '../../../tooling/rejection.js';
import { startPair } from '../../../tooling/replication.js';
import { whileFrozen } from '../../../tooling/while-frozen.js';
import { Queue, type QueueOptions } from '../src/index.js';
import { calls, elements } from './support/in-redis.js';
import { openConnection, uniqueName } from './support/use-redis.js';

let master: EmbeddedRedis;
let replica: EmbeddedRedis;

beforeAll(async () => {
  ({ master, replica } = await startPair({ startRedis, connect }));
});

afterAll(() => Promise.all([master?.stop(), replica?.stop()]));

function twoEnds(options: Partial<QueueOptions<number>> = {}) {
  const name = uniqueName();
  const [connection, copyConnection] = [openConnection(master.url), openConnection(replica.url)];
  const queue = new Queue<number>(name, { connection, replicas: 1, ...options });
  const copy = new Queue<number>(name, { connection: copyConnection });
  onTestFinished(() => queue.close());
  return { name, connection, queue, copy, copyConnection };
}

const withoutReplica = <Result>(job: () => Promise<Result>) => whileFrozen(replica.pid, job);

it('a send resolves when the replica has the message, now or later', async () => {
  const { queue, copy } = twoEnds();

  for (let sent = 1; sent <= 10; sent += 1) {
    await queue.send(sent);
    expect((await copy.stats()).pending).toBe(sent);
    await queue.send(sent, { delayMs: 60_000 });
    expect((await copy.stats()).delayed).toBe(sent);
  }
});

it('the sends of a tick wait together, in their order', async () => {
  const { name, connection, queue, copyConnection } = twoEnds();
  const before = await calls(connection, 'wait');
  const bodies = Array.from({ length: 1000 }, (_, at) => at);

  const results = await queue.sendBatch(bodies.map((body) => ({ body })));

  expect(results.every(({ status }) => status === 'sent')).toBe(true);
  expect(await calls(connection, 'wait')).toBe(before + 1);
  const copied = await elements({ name, connection: copyConnection } as never);
  expect(copied.map((element) => Number(element.split('\n')[1]))).toEqual(bodies);
});

it('a send whose replica does not answer rejects in time, though the message is there', async () => {
  const sendTimeoutMs = busyMs(600);
  const { queue } = twoEnds({ sendTimeoutMs });
  const start = performance.now();

  const [error, batch] = await withoutReplica(async () => {
    const outcomes = await Promise.all([
      rejection(queue.send(1)),
      queue.sendBatch([{ body: 2 }, { body: 3, delayMs: 60_000 }]),
    ]);
    expect(idleMsSince(start)).toBeLessThan(sendTimeoutMs);
    // Others do not wait for it.
    await queue.send(4, { replicas: 0 });
    return outcomes;
  });

  const refused = { code: 'NOT_REPLICATED', outcome: 'unknown', replicas: 1, confirmed: 0 };
  expect(error).toMatchObject(refused);
  expect(batch).toMatchObject([
    { status: 'failed', error: refused },
    { status: 'failed', error: refused },
  ]);
  expect(await queue.stats()).toMatchObject({ pending: 3, delayed: 1 });
  await queue.send(5);
});

it('each send may ask for more than the queue does', async () => {
  const { queue } = twoEnds({ replicas: 0, sendTimeoutMs: 1000 });

  const error = await rejection(queue.send(1, { replicas: 2 }));

  expect(error).toMatchObject({ code: 'NOT_REPLICATED', replicas: 2, confirmed: 1 });
  await queue.send(2, { replicas: 1 });
  await expect(queue.send(3, { replicas: -1 })).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  expect(() => twoEnds({ replicas: 0.5 })).toThrow('replicas');
});

it('close waits for the sends that wait for replicas', async () => {
  const { queue, copy } = twoEnds();
  const sent = queue.send(1);

  await queue.close();

  expect((await copy.stats()).pending).toBe(1);
  await sent;
});
