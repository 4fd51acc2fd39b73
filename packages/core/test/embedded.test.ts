import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type EmbeddedRedis, type StartRedisOptions, startRedis } from '../src/embedded/index.js';
import { isAlive } from './embedded-host/is-alive.js';
import { talk } from './embedded-host/talk.js';

async function start(options?: StartRedisOptions): Promise<EmbeddedRedis> {
  const redis = await startRedis(options);
  onTestFinished(() => redis.stop());
  return redis;
}

async function keptFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'redpost-test-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

describe('an embedded Redis', () => {
  it('answers as soon as it has started', async () => {
    const redis = await start();

    expect(redis.url).toBe(`redis://127.0.0.1:${redis.port}`);
    expect(await talk(redis.port, 'PING')).toBe('+PONG\r\n');
    expect(await talk(redis.port, 'INFO server')).toContain(`process_id:${redis.pid}\r\n`);
  });

  it('gets a port of its own when many start at the same time', async () => {
    const all = await Promise.all(Array.from({ length: 8 }, () => start()));

    expect(new Set(all.map(({ port }) => port)).size).toBe(all.length);
    for (const { port, pid } of all) {
      expect(await talk(port, 'INFO server')).toContain(`process_id:${pid}\r\n`);
    }
  });

  it('leaves neither a process nor a folder after stop, however often it is called', async () => {
    const redis = await start();
    expect(existsSync(redis.dir)).toBe(true);

    await Promise.all([redis.stop(), redis.stop()]);
    await redis.stop();

    expect(isAlive(redis.pid)).toBe(false);
    expect(existsSync(redis.dir)).toBe(false);
  });

  it('is stopped at the end of an await using block', async () => {
    let pid: number;
    {
      await using redis = await startRedis();
      pid = redis.pid;
    }
    expect(isAlive(pid)).toBe(false);
  });

  it('is gone at once when it is killed', async () => {
    const redis = await start();

    await redis.kill();

    expect(isAlive(redis.pid)).toBe(false);
    await redis.stop();
  });

  it('stops also when it is frozen', async () => {
    const redis = await start();
    process.kill(redis.pid, 'SIGSTOP');

    await redis.stop();

    expect(isAlive(redis.pid)).toBe(false);
  });

  it('keeps the data of an append-only file over a crash, on the same port', async () => {
    const dir = await keptFolder();
    const first = await start({ dir, persistence: 'aof-always' });
    expect(await talk(first.port, 'SET key kept')).toBe('+OK\r\n');
    await first.kill();

    const second = await start({ dir, persistence: 'aof-always', port: first.port });

    expect(second.dir).toBe(dir);
    expect(second.url).toBe(first.url);
    expect(await talk(second.port, 'GET key')).toBe('$4\r\nkept\r\n');
  });

  it('keeps its data at a regular stop with persistence rdb', async () => {
    const dir = await keptFolder();
    const first = await start({ dir, persistence: 'rdb' });
    await talk(first.port, 'SET key kept');
    await first.stop();

    const second = await start({ dir, persistence: 'rdb' });

    expect(await talk(second.port, 'GET key')).toBe('$4\r\nkept\r\n');
  });

  it('keeps nothing in a given folder by default', async () => {
    const dir = await keptFolder();
    const first = await start({ dir });
    await talk(first.port, 'SET key gone');
    await first.stop();

    const second = await start({ dir });

    expect(await talk(second.port, 'GET key')).toBe('$-1\r\n');
  });

  it('takes more settings, and has started also when it wants a password', async () => {
    const redis = await start({ args: ['--requirepass', 'secret', '--maxmemory', '64mb'] });

    expect(await talk(redis.port, 'PING')).toMatch(/^-NOAUTH/);
  });

  it('is found also where only the client tools are installed', async () => {
    const redis = await start({ binary: 'redis-check-rdb' });

    expect(await talk(redis.port, 'PING')).toBe('+PONG\r\n');
  });
});

describe('a start that fails', () => {
  it('names the line that installs a server when there is none', async () => {
    await expect(startRedis({ binary: '/no/such/redis-server' })).rejects.toMatchObject({
      name: 'RedisNotFoundError',
      code: 'REDIS_NOT_FOUND',
      message: expect.stringMatching(/^\/no\/such\/redis-server is not a program\. Install/),
    });
  });

  it('shows the end of the log when a setting is wrong', async () => {
    await expect(startRedis({ args: ['--no-such-setting', '1'] })).rejects.toMatchObject({
      name: 'RedisStartError',
      code: 'REDIS_START',
      message: expect.stringContaining('ended with status 1'),
      log: expect.stringContaining('no-such-setting'),
    });
  });

  it('says so when the wanted port is taken', async () => {
    const redis = await start();

    await expect(startRedis({ port: redis.port })).rejects.toMatchObject({
      code: 'REDIS_START',
      log: expect.stringMatching(/address already in use/i),
    });
  });

  it('does not take the answer of another server on its port for its own', async () => {
    const stranger = createServer((socket) => socket.end('+PONG\r\n'));
    await new Promise<void>((listening) => stranger.listen(0, '127.0.0.1', listening));
    onTestFinished(() => void stranger.close());
    const { port } = stranger.address() as { port: number };

    await expect(startRedis({ port })).rejects.toMatchObject({ code: 'REDIS_START' });
  });

  it('gives up on a server that does not answer in time', async () => {
    await expect(startRedis({ binary: '/bin/cat', startTimeoutMs: 1 })).rejects.toMatchObject({
      code: 'REDIS_START',
    });
  });

  it('ends with the reason of its signal', async () => {
    const reason = new Error('no longer wanted');
    await expect(startRedis({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason);

    const controller = new AbortController();
    const starting = startRedis({ signal: controller.signal });
    controller.abort(reason);
    await expect(starting).rejects.toBe(reason);
  });

  it.each([
    [{ port: 0 }, 'port must be a whole number'],
    [{ startTimeoutMs: 0 }, 'startTimeoutMs must be a whole number'],
    [{ persistence: 'disk' as never }, 'persistence must be'],
  ])('refuses %o', async (options, message) => {
    await expect(startRedis(options)).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringContaining(message),
    });
  });
});
