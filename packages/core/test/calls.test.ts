import { describe, expect, it, onTestFinished } from 'vitest';
import { idleMsSince, slowness } from '../../../tooling/machine-pace.js';
import { rejection } from '../../../tooling/rejection.js';
import { slowNetwork } from '../../../tooling/slow-network.js';
import { defineScript, type Reply, ServerError, TimeoutError } from '../src/index.js';
import { openConnection, uniqueKey, useRedis } from './support/use-redis.js';

const redis = useRedis();

const increment = defineScript({
  name: 'increment',
  keys: { key: ({ key }: { key: string; by: number }) => key },
  args: { by: ({ by }) => by },
  lua: `return redis.call('INCRBY', key, by)`,
  parse: Number,
});

describe('a call', () => {
  it('without a deadline of its own waits on while Redis is sending, and no longer', async () => {
    const network = await slowNetwork(redis.url, 2 * 1024 * 1024);
    onTestFinished(() => network.close());
    const connection = openConnection(network.url, { callTimeoutMs: 500 });
    const key = uniqueKey();
    await redis.connect().call('SET', [key, 'x'.repeat(4 * 1024 * 1024)]);

    const [large, behind, inTime] = await Promise.allSettled([
      connection.call('GET', [key]),
      connection.call('PING', []),
      connection.call('PING', [], { timeoutMs: 500 }),
    ]);

    expect(large).toMatchObject({ status: 'fulfilled', value: { length: 4 * 1024 * 1024 } });
    expect(behind).toMatchObject({ status: 'fulfilled' });
    expect(inTime).toMatchObject({ status: 'rejected', reason: { code: 'TIMEOUT' } });
    const silent = connection.call('BLPOP', [uniqueKey(), 5]);
    expect(await rejection(silent)).toBeInstanceOf(TimeoutError);
  });

  it('brings every reply in the shapes of RESP2, with strings as bytes', async () => {
    const connection = redis.connect();
    const key = uniqueKey();

    expect(await connection.call('SET', [key, Buffer.from([0, 255])])).toEqual(Buffer.from('OK'));
    expect(await connection.call('GET', [key])).toEqual(Buffer.from([0, 255]));
    expect(await connection.call('GET', [uniqueKey()])).toBeNull();
    expect(await connection.call('STRLEN', [key])).toBe(2);
    expect(await connection.call('CONFIG', ['GET', 'maxclients'])).toEqual([
      Buffer.from('maxclients'),
      Buffer.from('10000'),
    ]);
    await connection.call('ZADD', [`${key}:z`, 1.5, 'a']);
    expect(await connection.call('ZSCORE', [`${key}:z`, 'a'])).toEqual(Buffer.from('1.5'));
  });

  it('keeps an empty argument and an empty reply apart from none', async () => {
    const connection = redis.connect();
    const key = uniqueKey();

    await connection.call('SET', [key, '']);

    expect(await connection.call('GET', [key])).toEqual(Buffer.alloc(0));
  });

  it('rejects with the answer of the server', async () => {
    const connection = redis.connect();
    const key = uniqueKey();
    await connection.call('SET', [key, 'text']);

    const error = await rejection(connection.call('LPUSH', [key, 'x']));

    expect(error).toBeInstanceOf(ServerError);
    expect(error).toMatchObject({
      code: 'SERVER',
      reply: 'WRONGTYPE',
      outcome: 'not-executed',
      retryable: false,
    });
    expect(error.message).toContain(`127.0.0.1:${redis.port}`);
  });

  it('rejects at its own deadline when the answer does not come', async () => {
    const connection = redis.connect();
    await connection.ping();
    const start = performance.now();

    const error = await rejection(connection.call('EVAL', [busyForMs(400), 0], { timeoutMs: 100 }));

    expect(error).toBeInstanceOf(TimeoutError);
    expect(error).toMatchObject({ outcome: 'unknown', retryable: true });
    expect(idleMsSince(start)).toBeLessThan(300);
    await connection.ping();
  });

  it.each([Number.POSITIVE_INFINITY, 2 ** 40])('may wait %d ms', async (timeoutMs) => {
    const connection = redis.connect();

    expect(await connection.call('PING', [], { timeoutMs })).toEqual(Buffer.from('PONG'));
    expect(await connection.call('EVAL', [busyForMs(20), 0], { timeoutMs })).toBeNull();
  });

  it('does not touch the arguments it was given', async () => {
    const connection = redis.connect();
    const args = [uniqueKey(), 5] as const;

    await connection.call('SET', args);

    expect(args[1]).toBe(5);
  });

  it('measures a ping without the time it takes to connect', async () => {
    const connection = redis.connect();

    const ms = await connection.ping();

    expect(ms).toBeGreaterThan(0);
    expect(ms / slowness()).toBeLessThan(1000);
    expect(connection.status).toBe('ready');
  });
});

describe('a script', () => {
  it('is loaded by its first run and known afterwards', async () => {
    const connection = redis.connect();
    const key = uniqueKey();

    expect(await connection.run(increment, { key, by: 2 })).toBe(2);
    expect(await connection.run(increment, { key, by: 3 })).toBe(5);
    expect(await connection.call('SCRIPT', ['EXISTS', increment.sha])).toEqual([1]);
  });

  it('runs exactly once each time while SCRIPT FLUSH keeps removing it', async () => {
    const connection = redis.connect();
    const other = redis.connect();
    const key = uniqueKey();

    const runs: Promise<number>[] = [];
    for (let round = 0; round < 20; round += 1) {
      const flushed = other.call('SCRIPT', ['FLUSH']);
      for (let at = 0; at < 20; at += 1) runs.push(connection.run(increment, { key, by: 1 }));
      await flushed;
    }

    const results = await Promise.all(runs);
    expect(new Set(results).size).toBe(400);
    expect(Math.max(...results)).toBe(400);
  });

  it('says that its outcome is unknown when it failed half way', async () => {
    const connection = redis.connect();
    const key = uniqueKey();
    const halfway = defineScript({
      name: 'halfway',
      keys: { key: (name: string) => name },
      lua: `redis.call('SET', key, 'written') return redis.call('LPUSH', key, 'x')`,
      parse: (reply: Reply) => reply,
    });

    const error = await rejection(connection.run(halfway, key));

    expect(error).toMatchObject({ reply: 'WRONGTYPE', outcome: 'unknown' });
    expect(String(await connection.call('GET', [key]))).toBe('written');
  });

  it('has one deadline for both of its attempts', async () => {
    const connection = redis.connect();
    const other = redis.connect();
    const slow = defineScript({
      name: 'slow',
      lua: busyForMs(1000),
      parse: (reply: Reply) => reply,
    });
    await Promise.all([connection.ping(), other.ping()]);
    const start = performance.now();

    // The first attempt, by the hash, is answered only when this has ended.
    const busy = other.call('EVAL', [busyForMs(400), 0]);
    await rejection(connection.run(slow, undefined, { timeoutMs: 600 }));

    expect(idleMsSince(start)).toBeLessThan(800);
    await busy;
  });
});

function busyForMs(ms: number): string {
  return `
    local function now() local t = redis.call('TIME') return t[1] * 1000 + t[2] / 1000 end
    local start = now()
    while now() - start < ${ms} do end
  `;
}
