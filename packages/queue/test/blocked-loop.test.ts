import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Worker } from 'node:worker_threads';
import { connect, defineScript } from '@redpost/core';
import { describe, expect, it, onTestFinished } from 'vitest';
import { eventually } from '../../../tooling/eventually.js';
import { rejection } from '../../../tooling/rejection.js';
import { type ConsumeOptions, Queue } from '../src/index.js';
import { openConnection, startOwnRedis, type TestQueue, useRedis } from './support/use-redis.js';

const redis = useRedis();
const script = fileURLToPath(new URL('./support/blocking-consumer.mjs', import.meta.url));
const leaseMs = 400;

/** Flags that forbid threads, and allow all else that is needed. */
const withoutThreads = [
  process.allowedNodeEnvironmentFlags.has('--permission')
    ? '--permission'
    : '--experimental-permission',
  ...['--allow-fs-read=*', '--allow-fs-write=*'],
  ...(process.allowedNodeEnvironmentFlags.has('--allow-net') ? ['--allow-net'] : []),
];

/** A consumer in a process of its own, whose handler blocks the event loop for four leases. */
function startBlocking(queue: TestQueue<number>, options: ConsumeOptions, flags: string[] = []) {
  const input = { url: redis.url, name: queue.name, blockMs: 4 * leaseMs, options };
  const child = spawn(process.execPath, [...flags, script, JSON.stringify(input)], {
    stdio: ['pipe', 'inherit', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const ended = once(child, 'exit');
  const told = async () => {
    const lines = await queue.connection.call('LRANGE', [`${queue.name}:told`, 0, -1]);
    return (lines as Buffer[]).map(String);
  };
  return {
    told,
    tells: (line: string) => eventually(async () => (await told()).includes(line)),
    async stop() {
      child.stdin.end();
      return (await ended)[0];
    },
  };
}

/** Another consumer, which gets what the blocking one is taken to be dead for. */
function startRival(queue: TestQueue<number>): number[] {
  const attempts: number[] = [];
  queue.consume(({ attempt }) => attempts.push(attempt), { leaseMs });
  return attempts;
}

describe('a handler that blocks the event loop for longer than the lease', () => {
  it('is taken for dead: the message comes again, and the stale acknowledgement is fenced', async () => {
    const queue = redis.queue<number>();
    const blocking = startBlocking(queue, { leaseMs });
    await queue.send(1);
    await blocking.tells('begins 1');

    const attempts = startRival(queue);
    await blocking.tells('lost 1');
    await blocking.tells('ends 1');

    await eventually(() => attempts.length === 1);
    expect(attempts).toEqual([2]);
    expect(await blocking.stop()).toBe(0);
    await eventually(async () => (await queue.stats()).total.acked === 1);
    expect((await queue.stats()).total).toMatchObject({ acked: 1, recovered: 1 });
  });

  it('is not, with a heartbeat from a thread', async () => {
    const queue = redis.queue<number>();
    const blocking = startBlocking(queue, { leaseMs, heartbeat: 'thread' });
    await queue.send(1);
    await blocking.tells('begins 1');

    const attempts = startRival(queue);
    await blocking.tells('ends 1');

    await eventually(async () => (await queue.stats()).total.acked === 1);
    expect(await blocking.told()).toEqual(['begins 1', 'ends 1']);
    expect(attempts).toEqual([]);
    // The thread ends with its consumer, or this process would not.
    expect(await blocking.stop()).toBe(0);
    expect((await queue.stats()).total).toMatchObject({ acked: 1, recovered: 0 });
  });

  it('is, even so, when that lasts for longer than maxBlockedMs', async () => {
    const queue = redis.queue<number>();
    const options = { leaseMs, heartbeat: 'thread', maxBlockedMs: leaseMs } as const;
    const blocking = startBlocking(queue, options);
    await queue.send(1);
    await blocking.tells('begins 1');

    const attempts = startRival(queue);

    await blocking.tells('lost 1');
    await eventually(() => attempts.length === 1);
    expect(await blocking.stop()).toBe(0);
  });
});

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

  it('tells of its failures by the event error', async () => {
    const own = await startOwnRedis();
    const queue = new Queue<number>('q', {
      connection: openConnection(own.url, { callTimeoutMs: 300 }),
    });
    const errors: string[] = [];
    const consumer = queue.consume(() => {}, { leaseMs, heartbeat: 'thread' });
    consumer.on('error', ({ message }) => errors.push(message));
    await eventually(async () => (await queue.stats()).consumers === 1);

    await own.stop();

    await eventually(() => errors.some((message) => message.startsWith('In the heartbeat thread')));
    await consumer.stop({ timeoutMs: 0 });
  });

  it('has the flags of the program', async () => {
    const queue = redis.queue<number>();
    const preload = fileURLToPath(new URL('./support/fails-in-threads.cjs', import.meta.url));
    const options = { leaseMs, heartbeat: 'thread' } as const;
    const blocking = startBlocking(queue, options, ['--require', preload]);

    await blocking.tells('error The heartbeat thread ended: preloaded in the thread');

    expect(await blocking.stop()).toBe(0);
  });

  it('leaves the consumer to the event loop when its thread cannot be started, and says so each time', async () => {
    const queue = redis.queue<number>();
    const options = { leaseMs, heartbeat: 'thread' } as const;
    const blocking = startBlocking(queue, options, withoutThreads);
    await queue.send(1);

    await blocking.tells('ends 1');

    const failures = async () =>
      (await blocking.told()).filter((line) =>
        line.startsWith('error The heartbeat thread cannot be started: '),
      );
    await eventually(async () => (await failures()).length >= 2);
    // It is alive for longer than its lease, and takes what comes.
    await queue.send(2);
    await eventually(async () => (await queue.stats()).total.acked === 2);
    expect(await blocking.stop()).toBe(0);
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
