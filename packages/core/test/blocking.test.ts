import { setTimeout as pause, setImmediate as tick } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { eventually } from '../../../tooling/eventually.js';
import { idleMsSince, slowness } from '../../../tooling/machine-pace.js';
import { rejection } from '../../../tooling/rejection.js';
import type { BlockingCommand, Connection } from '../src/index.js';
import { openConnection, startOwnRedis, uniqueKey, useRedis } from './support/use-redis.js';

const redis = useRedis();

const pop =
  (key: string): BlockingCommand =>
  (blockMs) => ['BLPOP', key, blockMs / 1000];

/** How many clients of this connection are blocked, or there at all. */
async function blockedClients(connection: Connection, name: string): Promise<number> {
  const list = String(await connection.call('CLIENT', ['LIST']));
  return list.split('\n').filter((line) => line.includes(`name=${name}:blocking`)).length;
}

async function untilBlocked(connection: Connection, name: string): Promise<void> {
  await eventually(async () => {
    const list = String(await connection.call('CLIENT', ['LIST']));
    return list
      .split('\n')
      .some((line) => line.includes(`name=${name}:blocking`) && / flags=\S*b/.test(line));
  });
}

describe('a blocking read', () => {
  it('returns an element that exists, or arrives while it waits', async () => {
    const connection = redis.connect({ name: 'waits' });
    const key = uniqueKey();
    await connection.call('RPUSH', [key, 'first']);

    expect(String(await connection.block(pop(key)))).toBe(`${key},first`);

    const second = connection.block(pop(key));
    await untilBlocked(connection, 'waits');
    await connection.call('RPUSH', [key, 'second']);
    expect(String(await second)).toBe(`${key},second`);
  });

  it('tells its answer before its promise resolves, and says nothing of none', async () => {
    const connection = redis.connect();
    const key = uniqueKey();
    const told: string[] = [];
    const onReply = (reply: unknown) => told.push(String(reply));

    expect(await connection.block(pop(uniqueKey()), { timeoutMs: 1, onReply })).toBeNull();
    const read = connection.block(pop(key), { onReply }).then(() => told.push('resolved'));
    await connection.call('LPUSH', [key, 'x']);
    await read;

    expect(told).toEqual([`${key},x`, 'resolved']);
  });

  it('never asks for 1 ms, which is for ever on Redis 6.2', async () => {
    const connection = redis.connect();
    const asked: number[] = [];
    const command: BlockingCommand = (blockMs) => {
      asked.push(blockMs);
      return pop(uniqueKey())(blockMs);
    };

    expect(await connection.block(command, { timeoutMs: 0 })).toBeNull();
    expect(await connection.block(command, { timeoutMs: 1 })).toBeNull();
    expect(Math.min(...asked)).toBe(2);
  });

  it.each([
    ['of one piece', 'small'],
    ['of many pieces', 'x'.repeat(3_000_000)],
  ])('tells an answer %s once, as it is', async (_, element) => {
    const connection = redis.connect();
    const [list, other] = [uniqueKey(), uniqueKey()];
    const told: string[] = [];
    const move = connection.block((ms) => ['BLMOVE', list, other, 'RIGHT', 'LEFT', ms / 1000], {
      onReply: (reply) => told.push(String(reply)),
    });
    await connection.call('LPUSH', [list, element]);

    expect(String(await move)).toBe(element);
    expect(told).toEqual([element]);
  });

  it('does not hold up the calls of the same connection', async () => {
    const connection = redis.connect({ name: 'beside' });
    const key = uniqueKey();
    const reads = [1, 2, 3].map(() => connection.block(pop(key)));
    await untilBlocked(connection, 'beside');

    expect((await connection.ping()) / slowness()).toBeLessThan(500);

    await connection.call('RPUSH', [key, 'a', 'b', 'c']);
    expect((await Promise.all(reads)).map(String).sort()).toEqual(
      ['a', 'b', 'c'].map((element) => `${key},${element}`),
    );
  });

  it('returns null when its time is up, also on a socket that is only being connected', async () => {
    const connection = redis.connect();
    const start = performance.now();

    expect(await connection.block(pop(uniqueKey()), { timeoutMs: 1 })).toBeNull();
    expect(await connection.block(pop(uniqueKey()), { timeoutMs: 0 })).toBeNull();
    expect(await connection.block(pop(uniqueKey()), { timeoutMs: 150 })).toBeNull();

    expect(performance.now() - start).toBeGreaterThan(150);
    expect(idleMsSince(start)).toBeLessThan(2000);
  });

  it('uses one socket for reads that follow each other', async () => {
    const connection = redis.connect({ name: 'reuse' });

    for (let at = 0; at < 5; at += 1) await connection.block(pop(uniqueKey()), { timeoutMs: 5 });

    expect(await blockedClients(connection, 'reuse')).toBe(1);
  });

  it('rejects with the answer of the server', async () => {
    const connection = redis.connect();
    const key = uniqueKey();
    await connection.call('SET', [key, 'no list']);

    expect(await rejection(connection.block(pop(key)))).toMatchObject({ reply: 'WRONGTYPE' });
  });

  it('rejects when its connection is killed, and the next read works', async () => {
    const connection = redis.connect({ name: 'killed' });
    const admin = redis.connect();
    const key = uniqueKey();
    const read = rejection(connection.block(pop(key)));
    await untilBlocked(connection, 'killed');

    const id = await blockedId(admin, 'killed');
    await admin.call('CLIENT', ['KILL', 'ID', id]);

    expect(await read).toMatchObject({ code: 'CONNECTION', outcome: 'unknown' });
    await admin.call('RPUSH', [key, 'x']);
    expect(String(await connection.block(pop(key)))).toBe(`${key},x`);
  });
});

describe('an aborted blocking read', () => {
  it('rejects with the reason of the signal, at once', async () => {
    const connection = redis.connect({ name: 'abort' });
    const controller = new AbortController();
    const read = connection.block(pop(uniqueKey()), { signal: controller.signal });
    await untilBlocked(connection, 'abort');
    const start = performance.now();

    const reason = new Error('enough');
    controller.abort(reason);

    await expect(read).rejects.toBe(reason);
    expect(idleMsSince(start)).toBeLessThan(1000);
  });

  it('rejects without a command when the signal was aborted before', async () => {
    const connection = redis.connect();
    const key = uniqueKey();
    await connection.call('RPUSH', [key, 'stays']);

    await expect(connection.block(pop(key), { signal: AbortSignal.abort('no') })).rejects.toBe(
      'no',
    );

    expect(await connection.call('LLEN', [key])).toBe(1);
  });

  it('ends at once, at any moment of the abort', async () => {
    const connection = redis.connect();
    await connection.ping();
    const start = performance.now();

    for (let at = 0; at < 60; at += 1) {
      const controller = new AbortController();
      const read = connection.block(pop(uniqueKey()), { signal: controller.signal });
      // From the same tick, before the read has left, to after it has arrived.
      for (let ticks = at % 6; ticks > 0; ticks -= 1) await tick();
      if (at % 10 === 9) await pause(3);
      controller.abort();
      await expect(read).rejects.toThrow('aborted');
    }

    expect(idleMsSince(start)).toBeLessThan(4000);
  });

  it('ends at once even when the request to end it overtakes it', async () => {
    const own = await startOwnRedis();
    const connection = openConnection(own.url);
    await connection.block(pop(uniqueKey()), { timeoutMs: 1 });
    const controller = new AbortController();
    // More than the server reads at a time, so it sees the request before it has seen all keys.
    const keys = Array.from({ length: 5000 }, () => `${uniqueKey()}:with-a-long-name`);

    process.kill(own.pid, 'SIGSTOP');
    const read = connection.block((ms) => ['BLPOP', ...keys, ms / 1000], {
      signal: controller.signal,
    });
    controller.abort();
    await pause(50);
    process.kill(own.pid, 'SIGCONT');

    const start = performance.now();
    await expect(read).rejects.toThrow('aborted');
    expect(idleMsSince(start)).toBeLessThan(2000);
  });

  it('never loses an element that arrives together with the abort', async () => {
    const connection = redis.connect();
    const producer = redis.connect();
    const key = uniqueKey();
    let received = 0;
    let aborted = 0;

    for (let at = 0; at < 100; at += 1) {
      const controller = new AbortController();
      const read = connection.block(pop(key), { signal: controller.signal }).then(
        () => {
          received += 1;
        },
        () => {
          aborted += 1;
        },
      );
      for (let ticks = at % 8; ticks > 0; ticks -= 1) await tick();
      const pushed = producer.call('RPUSH', [key, 'element']);
      for (let ticks = at % 3; ticks > 0; ticks -= 1) await tick();
      controller.abort();
      await Promise.all([read, pushed]);
    }

    expect(received + Number(await producer.call('LLEN', [key]))).toBe(100);
    expect(received).toBeGreaterThan(0);
    expect(aborted).toBeGreaterThan(0);
  });

  it('leaves no listener on the signal', async () => {
    const connection = redis.connect();
    const { signal } = new AbortController();
    let listeners = 0;
    const { addEventListener, removeEventListener } = signal;
    signal.addEventListener = (...args: Parameters<typeof addEventListener>) => {
      listeners += 1;
      return addEventListener.apply(signal, args);
    };
    signal.removeEventListener = (...args: Parameters<typeof removeEventListener>) => {
      listeners -= 1;
      return removeEventListener.apply(signal, args);
    };

    for (let at = 0; at < 5; at += 1) {
      await connection.block(pop(uniqueKey()), { timeoutMs: 2, signal });
    }

    expect(listeners).toBe(0);
  });
});

async function blockedId(connection: Connection, name: string): Promise<number> {
  const list = String(await connection.call('CLIENT', ['LIST']));
  const line = list.split('\n').find((client) => client.includes(`name=${name}:blocking`));
  return Number(/id=(\d+)/.exec(line ?? '')?.[1]);
}
