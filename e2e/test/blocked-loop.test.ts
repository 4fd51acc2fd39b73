import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { type Connection, type ConnectOptions, connect } from '@redpost/core';
import { type EmbeddedRedis, startRedis } from '@redpost/core/embedded';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { eventually } from '../../tooling/eventually.js';
import { leasedFrom, type OpenLeased, partitioned } from '../src/leasing/leased.js';

let redis: EmbeddedRedis;
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis?.stop());

const fileOf = (name: string) => fileURLToPath(new URL(`../src/leasing/${name}`, import.meta.url));
const leaseMs = 400;

/** Flags that forbid threads, and allow all else that is needed. */
const withoutThreads = [
  process.allowedNodeEnvironmentFlags.has('--permission')
    ? '--permission'
    : '--experimental-permission',
  ...['--allow-fs-read=*', '--allow-fs-write=*'],
  ...(process.allowedNodeEnvironmentFlags.has('--allow-net') ? ['--allow-net'] : []),
];

function openConnection(url: string, options?: ConnectOptions): Connection {
  const connection = connect(url, options);
  onTestFinished(() => connection.close());
  return connection;
}

function openFor(openLeased: OpenLeased) {
  const name = `test:${randomUUID()}`;
  const connection = openConnection(redis.url);
  const leased = openLeased(name, connection);

  return {
    ...leased,

    /** A consumer in a process of its own, whose handler blocks the event loop for four leases. */
    startBlocking(
      options: { leaseMs: number; heartbeat?: 'thread'; maxBlockedMs?: number },
      flags: string[] = [],
    ) {
      const input = { url: redis.url, name, ...leased.place, blockMs: 4 * leaseMs, options };
      const program = [...flags, fileOf('blocking-consumer.mjs'), JSON.stringify(input)];
      const child = spawn(process.execPath, program, { stdio: ['pipe', 'inherit', 'inherit'] });
      onTestFinished(() => void child.kill('SIGKILL'));
      const ended = once(child, 'exit');
      const told = async () => {
        const lines = await connection.call('LRANGE', [`${name}:told`, 0, -1]);
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
    },

    /** Another consumer, which gets what the blocking one is taken to be dead for. */
    startRival(): number[] {
      const attempts: number[] = [];
      leased.consume(({ attempt }) => attempts.push(attempt), { leaseMs });
      return attempts;
    },
  };
}

describe.each([...leasedFrom, partitioned])(
  '%s: a handler that blocks the event loop for longer than the lease',
  (_, openLeased) => {
    it('is taken for dead: the message comes again, and the stale acknowledgement is fenced', async () => {
      const { send, stats, startBlocking, startRival } = openFor(openLeased);
      const blocking = startBlocking({ leaseMs });
      await send('1');
      await blocking.tells('begins 1');

      const attempts = startRival();
      await blocking.tells('lost 1');
      await blocking.tells('ends 1');

      await eventually(() => attempts.length === 1);
      expect(attempts).toEqual([2]);
      expect(await blocking.stop()).toBe(0);
      await eventually(async () => (await stats()).total.acked === 1);
      expect((await stats()).total).toMatchObject({ acked: 1, recovered: 1 });
    });

    it('is not, with a heartbeat from a thread', async () => {
      const { send, stats, startBlocking, startRival } = openFor(openLeased);
      const blocking = startBlocking({ leaseMs, heartbeat: 'thread' });
      await send('1');
      await blocking.tells('begins 1');

      const attempts = startRival();
      await blocking.tells('ends 1');

      await eventually(async () => (await stats()).total.acked === 1);
      expect(await blocking.told()).toEqual(['begins 1', 'ends 1']);
      expect(attempts).toEqual([]);
      // The thread ends with its consumer, or this process would not.
      expect(await blocking.stop()).toBe(0);
      expect((await stats()).total).toMatchObject({ acked: 1, recovered: 0 });
    });

    it('is, even so, when that lasts for longer than maxBlockedMs', async () => {
      const { send, startBlocking, startRival } = openFor(openLeased);
      const blocking = startBlocking({ leaseMs, heartbeat: 'thread', maxBlockedMs: leaseMs });
      await send('1');
      await blocking.tells('begins 1');

      const attempts = startRival();

      await blocking.tells('lost 1');
      await eventually(() => attempts.length === 1);
      expect(await blocking.stop()).toBe(0);
    });
  },
);

describe.each(leasedFrom)('%s: a heartbeat from a thread', (_, openLeased) => {
  it('tells of its failures by the event error', async () => {
    const own = await startRedis();
    onTestFinished(() => own.stop());
    const { consume, stats } = openLeased('q', openConnection(own.url, { callTimeoutMs: 300 }));
    const errors: string[] = [];
    const consumer = consume(() => {}, { leaseMs, heartbeat: 'thread' });
    consumer.on('error', ({ message }) => errors.push(message));
    await eventually(async () => (await stats()).consumers === 1);

    await own.stop();

    await eventually(() => errors.some((message) => message.startsWith('In the heartbeat thread')));
    await consumer.stop({ timeoutMs: 0 });
  });

  it('has the flags of the program, and says so when its thread ends', async () => {
    const { startBlocking } = openFor(openLeased);
    const flags = ['--require', fileOf('fails-in-threads.cjs')];
    const blocking = startBlocking({ leaseMs, heartbeat: 'thread' }, flags);

    await blocking.tells('error The heartbeat thread ended: preloaded in the thread');

    expect(await blocking.stop()).toBe(0);
  });

  it('leaves the consumer to the event loop when its thread cannot be started, and says so each time', async () => {
    const { send, stats, startBlocking } = openFor(openLeased);
    const blocking = startBlocking({ leaseMs, heartbeat: 'thread' }, withoutThreads);
    await send('1');

    await blocking.tells('ends 1');

    const failures = async () =>
      (await blocking.told()).filter((line) =>
        line.startsWith('error The heartbeat thread cannot be started: '),
      );
    await eventually(async () => (await failures()).length >= 2);
    // It is alive for longer than its lease, and takes what comes.
    await send('2');
    await eventually(async () => (await stats()).total.acked === 2);
    expect(await blocking.stop()).toBe(0);
  });
});
