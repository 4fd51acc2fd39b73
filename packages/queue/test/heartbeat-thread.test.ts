import type { Worker } from 'node:worker_threads';
import { connect, defineScript } from '@redpost/core';
import { describe, expect, it, onTestFinished } from 'vitest';
import { eventually } from '../../../tooling/eventually.js';
import { rejection } from '../../../tooling/rejection.js';
import { Queue } from '../src/index.js';
import { type TestQueue, useRedis } from './support/use-redis.js';

const redis = useRedis();
const leaseMs = 400;

describe('a heartbeat from a thread', () => {
  const heartbeats = async (queue: TestQueue<number>) =>
    String(await queue.connection.call('CLIENT', ['LIST'])).split('name=redpost:heartbeat:')
      .length - 1;

  it('is one thread for all, which ends with the last consumer', async () => {
    const queue = redis.queue<number>();
    const options = { heartbeat: 'thread' } as const;
    const consumers = [queue.consume(() => {}, options), queue.consume(() => {}, options)];
    await eventually(async () => (await queue.stats()).consumers === 2);
    await eventually(async () => (await heartbeats(queue)) === 1);

    await consumers[0]?.stop();
    expect(await heartbeats(queue)).toBe(1);
    await consumers[1]?.stop();

    await eventually(async () => (await heartbeats(queue)) === 0);
  });

  it('also works for receive', async () => {
    const queue = redis.queue<number>({ consume: { heartbeat: 'thread' } });
    await queue.send(1);

    const delivery = await queue.receive();

    expect(await heartbeats(queue)).toBe(1);
    await delivery?.ack();
  });

  it('is started again when its thread ends', async () => {
    const threads: Worker[] = [];
    const started = (thread: Worker) => threads.push(thread);
    process.on('worker', started);
    onTestFinished(() => void process.off('worker', started));
    const queue = redis.queue<number>();
    const errors: string[] = [];
    const consumer = queue.consume(() => {}, { leaseMs, heartbeat: 'thread' });
    consumer.on('error', ({ message }) => errors.push(message));
    await eventually(async () => (await heartbeats(queue)) === 1);

    await threads[0]?.terminate();

    await eventually(() => threads.length === 2);
    await eventually(async () => (await heartbeats(queue)) === 1);
    expect(errors).toEqual(['The heartbeat thread ended']);
    expect((await queue.stats()).consumers).toBe(1);
  });

  it('continues for all consumers when another one starts before its thread is started again', async () => {
    const threads: Worker[] = [];
    const started = (thread: Worker) => threads.push(thread);
    process.on('worker', started);
    onTestFinished(() => void process.off('worker', started));
    const { connection, name } = redis.queue();
    const counts = defineScript({
      name: 'count',
      lua: "return redis.call('INCR', key)",
      keys: { key: (key: string) => key },
      parse: Number,
    });
    const count = async () => Number(await connection.call('GET', [name]));
    const other = { everyMs: 10, maxBlockedMs: 60_000, failed: () => {} };
    const ended = new Promise<void>((resolve) => {
      const options = { ...other, failed: () => resolve() };
      void connection.thread().repeat(counts, name, options);
    });
    await eventually(async () => (await count()) > 1);
    await threads[0]?.terminate();
    await ended;
    const before = await count();
    await connection.thread().repeat(counts, `${name}:other`, other);

    await eventually(async () => (await count()) > before);
    expect(threads).toHaveLength(2);
  });

  it('is rejected for a connection whose options cannot be passed to a thread', async () => {
    const retryStrategy = () => 50;
    const connection = connect({ port: 1, password: 'secret', retryStrategy, lazyConnect: true });
    onTestFinished(() => connection.close());
    const queue = new Queue('q', { connection, consume: { heartbeat: 'thread' } });

    expect(() => queue.consume(() => {})).toThrow(/^A thread .* leave out retryStrategy$/);
    expect(await rejection(queue.receive())).toMatchObject({ code: 'INVALID_ARGUMENT' });
  });
});
