import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Worker } from 'node:worker_threads';
import { connect } from '@redpost/core';
import { startRedis } from '@redpost/core/embedded';
import { describe, expect, it, onTestFinished } from 'vitest';
import { eventually } from '../../../tooling/eventually.js';
import { type GroupConsumeOptions, Topic } from '../src/index.js';
import { openConnection, openTopic, type TestTopic, useTopics } from './support/topics.js';

const redis = useTopics();
const script = fileURLToPath(new URL('./support/blocking-member.mjs', import.meta.url));
const leaseMs = 400;

/** Flags that forbid threads, and allow all else that is needed. */
const withoutThreads = [
  process.allowedNodeEnvironmentFlags.has('--permission')
    ? '--permission'
    : '--experimental-permission',
  ...['--allow-fs-read=*', '--allow-fs-write=*'],
  ...(process.allowedNodeEnvironmentFlags.has('--allow-net') ? ['--allow-net'] : []),
];

interface BlockingOptions {
  consume: GroupConsumeOptions;
  partitions?: number | undefined;
  flags?: string[];
}

/** A member in a process of its own, whose handler blocks the event loop for four leases. */
function startBlocking(topic: TestTopic<number>, { consume, partitions, flags }: BlockingOptions) {
  const { name } = topic;
  const input = { url: redis.url, name, partitions, blockMs: 4 * leaseMs, options: consume };
  const child = spawn(process.execPath, [...(flags ?? []), script, JSON.stringify(input)], {
    stdio: ['pipe', 'inherit', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const ended = once(child, 'exit');
  const told = async () => {
    const lines = await topic.connection.call('LRANGE', [`${name}:told`, 0, -1]);
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

/** Another member, which gets what the blocking one is taken to be dead for. */
function startRival(topic: TestTopic<number>): number[] {
  const attempts: number[] = [];
  topic.group('g').consume(({ attempt }) => attempts.push(attempt), { leaseMs });
  return attempts;
}

const totalOf = async (topic: TestTopic<number>) => (await topic.group('g').stats()).total;

describe.each([undefined, 2])(
  'a handler that blocks the event loop for longer than the lease (partitions: %s)',
  (partitions) => {
    const open = () => redis.topic<number>(partitions ? { partitions } : {});

    it('is taken for dead: the record comes again, and the stale acknowledgement is fenced', async () => {
      const topic = open();
      const blocking = startBlocking(topic, { consume: { leaseMs }, partitions });
      await topic.publish(1, { key: 'k' });
      await blocking.tells('begins 1');

      const attempts = startRival(topic);
      await blocking.tells('lost 1');
      await blocking.tells('ends 1');

      await eventually(() => attempts.length === 1);
      expect(attempts).toEqual([2]);
      expect(await blocking.stop()).toBe(0);
      await eventually(async () => (await totalOf(topic)).acked === 1);
      expect(await totalOf(topic)).toMatchObject({ acked: 1, recovered: 1 });
    });

    it('is not, with a heartbeat from a thread', async () => {
      const topic = open();
      const consume = { leaseMs, heartbeat: 'thread' } as const;
      const blocking = startBlocking(topic, { consume, partitions });
      await topic.publish(1, { key: 'k' });
      await blocking.tells('begins 1');

      const attempts = startRival(topic);
      await blocking.tells('ends 1');

      await eventually(async () => (await totalOf(topic)).acked === 1);
      expect(await blocking.told()).toEqual(['begins 1', 'ends 1']);
      expect(attempts).toEqual([]);
      // The thread ends with its consumer, or this process would not.
      expect(await blocking.stop()).toBe(0);
      expect(await totalOf(topic)).toMatchObject({ acked: 1, recovered: 0 });
    });

    it('is, even so, when that lasts for longer than maxBlockedMs', async () => {
      const topic = open();
      const consume = { leaseMs, heartbeat: 'thread', maxBlockedMs: leaseMs } as const;
      const blocking = startBlocking(topic, { consume, partitions });
      await topic.publish(1, { key: 'k' });
      await blocking.tells('begins 1');

      const attempts = startRival(topic);

      await blocking.tells('lost 1');
      await eventually(() => attempts.length === 1);
      expect(await blocking.stop()).toBe(0);
    });
  },
);

describe('a heartbeat from a thread', () => {
  const heartbeats = async ({ connection }: TestTopic<number>) =>
    String(await connection.call('CLIENT', ['LIST'])).split('name=redpost:heartbeat:').length - 1;
  const sessions = async (topic: TestTopic<number>) => (await topic.group('g').stats()).consumers;

  it('is one thread for all members and partitions, which ends with the last consumer', async () => {
    const topic = redis.topic<number>({ partitions: 4 });
    const options = { heartbeat: 'thread' } as const;
    const group = topic.group('g');
    const consumers = [group.consume(() => {}, options), group.consume(() => {}, options)];
    await eventually(() => consumers.every(({ partitions }) => partitions.length === 2));
    await eventually(async () => (await heartbeats(topic)) === 1);

    await consumers[0]?.stop();
    expect(await heartbeats(topic)).toBe(1);
    await consumers[1]?.stop();

    await eventually(async () => (await heartbeats(topic)) === 0);
  });

  it('also works for forward', async () => {
    const topic = redis.topic<number>();
    const queue = { name: 'q', send: async () => {} };
    const consumer = topic.forward(queue, { heartbeat: 'thread', maxBlockedMs: 60_000 });

    await eventually(async () => (await heartbeats(topic)) === 1);
    await consumer.stop();
  });

  it('tells of its failures by the event error', async () => {
    const own = await startRedis();
    onTestFinished(() => own.stop());
    const connection = openConnection(own.url, { callTimeoutMs: 300 });
    const topic = openTopic<number>('t', { connection });
    const errors: string[] = [];
    const consumer = topic.group('g').consume(() => {}, { leaseMs, heartbeat: 'thread' });
    consumer.on('error', ({ message }) => errors.push(message));
    await eventually(async () => (await sessions(topic)) === 1);

    await own.stop();

    await eventually(() => errors.some((message) => message.startsWith('In the heartbeat thread')));
    await consumer.stop({ timeoutMs: 0 });
  });

  it('leaves the consumer to the event loop when its thread cannot be started, and says so each time', async () => {
    const topic = redis.topic<number>();
    const consume = { leaseMs, heartbeat: 'thread' } as const;
    const blocking = startBlocking(topic, { consume, flags: withoutThreads });
    await topic.publish(1);

    await blocking.tells('ends 1');

    const failures = async () =>
      (await blocking.told()).filter((line) =>
        line.startsWith('error The heartbeat thread cannot be started: '),
      );
    await eventually(async () => (await failures()).length >= 2);
    // It is alive for longer than its lease, and takes what comes.
    await topic.publish(2);
    await eventually(async () => (await totalOf(topic)).acked === 2);
    expect(await blocking.stop()).toBe(0);
  });

  it('says so when its thread ends', async () => {
    const topic = redis.topic<number>();
    const preload = fileURLToPath(new URL('./support/fails-in-threads.cjs', import.meta.url));
    const consume = { leaseMs, heartbeat: 'thread' } as const;
    const blocking = startBlocking(topic, { consume, flags: ['--require', preload] });

    await blocking.tells('error The heartbeat thread ended: preloaded in the thread');

    expect(await blocking.stop()).toBe(0);
  });

  it('is started again when its thread ends', async () => {
    const threads: Worker[] = [];
    const started = (thread: Worker) => threads.push(thread);
    process.on('worker', started);
    onTestFinished(() => void process.off('worker', started));
    const topic = redis.topic<number>({ partitions: 2 });
    const errors: string[] = [];
    const consumer = topic.group('g').consume(() => {}, { leaseMs, heartbeat: 'thread' });
    consumer.on('error', ({ message }) => errors.push(message));
    await eventually(() => consumer.partitions.length === 2);
    await eventually(async () => (await heartbeats(topic)) === 1);

    await threads[0]?.terminate();

    await eventually(() => threads.length === 2);
    await eventually(async () => (await heartbeats(topic)) === 1);
    // Each partition has a lease of its own to lose, and one of them is enough to tell.
    expect(new Set(errors)).toEqual(new Set(['The heartbeat thread ended']));
    expect(consumer.partitions).toEqual([0, 1]);
  });

  it('is rejected for a connection whose options cannot be passed to a thread', async () => {
    const retryStrategy = () => 50;
    const connection = connect({ port: 1, password: 'secret', retryStrategy, lazyConnect: true });
    onTestFinished(() => connection.close());
    const topic = new Topic<number>('t', { connection });
    const message = /^A thread .* leave out retryStrategy$/;

    expect(() => topic.group('g').consume(() => {}, { heartbeat: 'thread' })).toThrow(message);
    const queue = { name: 'q', send: async () => {} };
    expect(() => topic.forward(queue, { heartbeat: 'thread' })).toThrow(message);
  });
});
