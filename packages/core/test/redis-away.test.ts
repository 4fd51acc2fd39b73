import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { eventually } from '../../../tooling/eventually.js';
import { slowness } from '../../../tooling/machine-pace.js';
import { rejection } from '../../../tooling/rejection.js';
import { type EmbeddedRedis, startRedis } from '../src/embedded/index.js';
import { ConnectionError } from '../src/index.js';
import { recordEvents } from './support/record.js';
import { openConnection, startOwnRedis, uniqueKey } from './support/use-redis.js';

/** Starts a Redis where another was. */
async function restart({ port }: EmbeddedRedis): Promise<EmbeddedRedis> {
  const redis = await startRedis({ port });
  onTestFinished(() => redis.stop());
  return redis;
}

describe('while Redis is away', () => {
  it('a call waits, and succeeds when Redis comes back before its deadline', async () => {
    const redis = await startOwnRedis();
    const connection = openConnection(redis.url);
    const events = recordEvents(connection);
    await connection.ping();
    await redis.stop();
    await eventually(() => connection.status === 'interrupted');

    const calls = [1, 2, 3].map(() => connection.call('INCR', ['counter']));
    await restart(redis);

    expect(await Promise.all(calls)).toEqual([1, 2, 3]);
    expect(events).toEqual(['ready', 'interrupted', 'resumed']);
  });

  it('calls that waited are sent in their order, and before any that is made when Redis is back', async () => {
    const redis = await startOwnRedis();
    const connection = openConnection(redis.url);
    await connection.ping();
    await redis.stop();
    await eventually(() => connection.status === 'interrupted');
    const push = (what: string) => connection.call('RPUSH', ['list', what]);
    const later = new Promise((resolve) => connection.on('resumed', () => resolve(push('later'))));

    const calls = ['first', 'second'].map(push);
    await restart(redis);
    await Promise.all([...calls, later]);

    const list = (await connection.call('LRANGE', ['list', 0, -1])) as Buffer[];
    expect(list.map(String)).toEqual(['first', 'second', 'later']);
  });

  it('a call rejects at its deadline, surely not executed, and is not executed later', async () => {
    const redis = await startOwnRedis();
    const connection = openConnection(redis.url);
    await connection.ping();
    await redis.stop();
    await eventually(() => connection.status === 'interrupted');
    const start = performance.now();

    const error = await rejection(connection.call('INCR', ['counter'], { timeoutMs: 200 }));

    const waitedMs = performance.now() - start;
    expect(error).toBeInstanceOf(ConnectionError);
    expect(error).toMatchObject({ outcome: 'not-executed', retryable: true });
    expect(waitedMs).toBeGreaterThan(190);
    expect(waitedMs / slowness()).toBeLessThan(1000);

    await restart(redis);
    // On the same socket: a command that had been kept would have come first.
    expect(await connection.call('GET', ['counter'])).toBeNull();
  });

  it('the first call of a connection rejects at its deadline, and says why', async () => {
    const redis = await startOwnRedis();
    await redis.stop();
    const connection = openConnection(redis.url, { callTimeoutMs: 300 });

    const error = await rejection(connection.ping());

    expect(error).toMatchObject({ code: 'CONNECTION', outcome: 'not-executed' });
    expect(error.message).toContain(`127.0.0.1:${redis.port}`);
    expect(error.message).toContain('ECONNREFUSED');
    expect(connection.status).toBe('connecting');
    expect(connection.errors.length).toBeGreaterThan(0);
  });

  it('a blocking read rejects rather than to say that there was nothing', async () => {
    const redis = await startOwnRedis();
    await redis.stop();
    const connection = openConnection(redis.url);

    const error = await rejection(
      connection.block((ms) => ['BLPOP', 'list', ms / 1000], { timeoutMs: 50 }),
    );

    expect(error).toMatchObject({ code: 'CONNECTION', outcome: 'not-executed' });
  });

  it('a subscription waits for it', async () => {
    const redis = await startOwnRedis();
    await redis.stop();
    const connection = openConnection(redis.url);

    const messages: string[] = [];
    const subscribed = connection.subscribe(
      { kind: 'channel', name: 'news' },
      { message: (_, payload) => messages.push(payload.toString()) },
    );
    await restart(redis);
    await subscribed;

    expect(await connection.call('PUBLISH', ['news', 'hello'])).toBe(1);
    await eventually(() => messages.includes('hello'));
  });
});

describe('when Redis goes away', () => {
  it('calls in flight reject at once with an unknown outcome, and are not sent again', async () => {
    const redis = await startOwnRedis();
    const connection = openConnection(redis.url);
    await connection.ping();
    process.kill(redis.pid, 'SIGSTOP');

    const calls = [1, 2, 3].map(() => rejection(connection.call('INCR', ['counter'])));
    await pause(20);
    await redis.kill();

    for (const error of await Promise.all(calls)) {
      expect(error).toBeInstanceOf(ConnectionError);
      expect(error).toMatchObject({ outcome: 'unknown', retryable: true });
      expect(error.message).toContain('before the answer came');
    }
    await restart(redis);
    expect(await connection.call('GET', ['counter'])).toBeNull();
  });

  it('a connection that is killed on the server is made again', async () => {
    const redis = await startOwnRedis();
    const connection = openConnection(redis.url);
    const admin = openConnection(redis.url);
    const events = recordEvents(connection);
    await connection.ping();

    for (let round = 1; round <= 3; round += 1) {
      await admin.call('CLIENT', ['KILL', 'TYPE', 'normal', 'SKIPME', 'yes']);
      await eventually(() => events.filter((name) => name === 'interrupted').length === round);
      expect(await connection.call('INCR', ['counter'])).toBe(round);
    }

    expect(events.join()).toMatch(/^ready(,interrupted,resumed){3}$/);
  });

  it('says for how long it was away', async () => {
    const redis = await startOwnRedis();
    const connection = openConnection(redis.url);
    const downMs: number[] = [];
    connection.on('resumed', (event) => downMs.push(event.downMs));
    await connection.ping();
    const start = performance.now();
    await redis.stop();
    await eventually(() => connection.status === 'interrupted');

    await restart(redis);
    await connection.ping();

    expect(downMs).toHaveLength(1);
    expect(downMs[0]).toBeLessThan(performance.now() - start);
    expect(downMs[0]).toBeGreaterThan(0);
  });
});

describe('a command that the server surely did not execute', () => {
  it('is sent again when a replica refused it, until that is a master', async () => {
    const redis = await startOwnRedis();
    const connection = openConnection(redis.url);
    const admin = openConnection(redis.url);
    await admin.call('REPLICAOF', ['127.0.0.1', 1]);
    const key = uniqueKey();

    const increment = connection.call('INCR', [key]);
    await eventually(async () => /READONLY|errorstat_READONLY/.test(await info(admin)));
    await admin.call('REPLICAOF', ['NO', 'ONE']);

    expect(await increment).toBe(1);
  });

  it('rejects with the refusal at the deadline', async () => {
    const redis = await startOwnRedis();
    const connection = openConnection(redis.url);
    await connection.call('REPLICAOF', ['127.0.0.1', 1]);

    const error = await rejection(connection.call('INCR', [uniqueKey()], { timeoutMs: 300 }));

    expect(error).toMatchObject({ retryable: true, outcome: 'not-executed' });
    expect(['READONLY', undefined]).toContain(error.reply);
  });
});

async function info(connection: { call: (name: string, args: string[]) => Promise<unknown> }) {
  return String(await connection.call('INFO', ['errorstats']));
}
