import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Connection } from '@redpost/core';
import { expect, it, onTestFinished } from 'vitest';
import { eventually } from '../../../tooling/eventually.js';
import { busyMs, slowness } from '../../../tooling/machine-pace.js';
import { rejection } from '../../../tooling/rejection.js';
import { RateLimiter, type RateLimiterOptions } from '../src/index.js';
import { calls } from './support/in-redis.js';
import { openConnection, startOwnRedis, uniqueName, useRedis } from './support/use-redis.js';

const redis = useRedis();
const hourMs = 3_600_000;

type Limits = Omit<RateLimiterOptions, 'connection'>;

function limiterOf(limits: Limits, { name = uniqueName(), connection = redis.connection() } = {}) {
  return Object.assign(new RateLimiter(name, { connection, ...limits }), { connection });
}

/** What started, or was granted, together: when, in us, and how many. */
interface Start {
  at: number;
  count: number;
}

function parsed(lines: string[], unitUs: number): Start[] {
  const starts = lines.map((line) => {
    const [at = 0, count = 0] = line.split(' ').map(Number);
    return { at: at * unitUs, count };
  });
  return starts.sort((a, b) => a.at - b.at);
}

/** How many there are in each window that begins with a start: the fullest one is among these. */
function windows(starts: Start[], perUs: number): number[] {
  return starts.map(({ at: begin }) =>
    starts
      .filter(({ at }) => at >= begin && at < begin + perUs)
      .reduce((sum, { count }) => sum + count, 0),
  );
}

/** A process that acquires all the time, `loops` times at once. */
function startProcess(name: string, limit: Limits, counts: number[], loops = 20) {
  const path = fileURLToPath(new URL('./support/rate-limited.mjs', import.meta.url));
  const options = JSON.stringify({ url: redis.url, name, limit, counts, loops });
  const child = spawn(process.execPath, [path, options], { stdio: ['pipe', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  let text = '';
  child.stdout.on('data', (chunk) => {
    text += chunk;
  });
  const ended = once(child, 'exit');
  return {
    child,
    ended,
    lines: () => text.split('\n').slice(0, -1),
    async stop() {
      child.stdin.write('stop\n');
      await ended;
    },
  };
}

async function grants(connection: Connection, name: string): Promise<Start[]> {
  const reply = (await connection.call('LRANGE', [`{${name}}:limiter:log`, 0, -1])) as Buffer[];
  return parsed(reply.map(String), 1);
}

async function state(
  connection: Connection,
  name: string,
): Promise<Record<string, string | undefined>> {
  const reply = (await connection.call('HGETALL', [`{${name}}:limiter`])) as Buffer[];
  const texts = reply.map(String);
  return Object.fromEntries(texts.flatMap((key, at) => (at % 2 ? [] : [[key, texts[at + 1]]])));
}

it.each([
  [{ max: 50, perMs: 1000 }, [1]],
  [{ max: 20, perMs: 250, burst: 5 }, [1]],
  [{ max: 3, perMs: 100, burst: 1 }, [1]],
  [{ max: 20, perMs: 250, burst: 5 }, [1, 4, 25, 2, 6, 1, 1]],
  [{ max: 200, perMs: 100 }, [1]],
])(
  'two processes never start more than %j in any window, in counts of %j',
  async (limit, counts) => {
    const name = uniqueName();
    const { max, perMs, burst = 0 }: Limits = limit;
    const processes = [1, 2].map(() => startProcess(name, limit, counts, max));
    const enough = Math.max(4 * max, (2500 / perMs) * max) / (counts.length > 1 ? 3 : 1);
    const lines = () => processes.flatMap(({ lines }) => lines());
    const started = () => parsed(lines(), 1000).reduce((sum, { count }) => sum + count, 0);
    await eventually(() => started() >= enough, 30_000);
    await Promise.all(processes.map(({ stop }) => stop()));

    const granted = await grants(redis.connection(), name);
    const counted = windows(granted, 1000 * perMs);
    expect(Math.max(...counted)).toBeLessThanOrEqual(max + burst);

    // No start is earlier than its grant, and none is closer to others than the lag between both explains.
    const starts = parsed(lines(), 1000);
    expect(starts).toHaveLength(granted.length);
    const lags = starts.map(({ at }, n) => at + 1000 - (granted[n]?.at ?? 0));
    expect(Math.min(...lags)).toBeGreaterThan(0);
    const within = 1000 * perMs - Math.max(...lags);
    expect(Math.max(0, ...windows(starts, within))).toBeLessThanOrEqual(max + burst);

    if (counts.length > 1) return;
    // While there was demand: not in the first window, when processes start, nor in the last one.
    const [first, last] = [granted[0]?.at ?? 0, granted.at(-1)?.at ?? 0];
    const steady = counted.filter((_, n) => {
      const at = granted[n]?.at ?? 0;
      return at > first + 1000 * perMs && at + 2000 * perMs < last;
    });
    expect(steady.length).toBeGreaterThan(0);
    const mean = steady.reduce((sum, count) => sum + count, 0) / steady.length;
    expect(mean * slowness()).toBeGreaterThanOrEqual(0.94 * max);
  },
);

it('a process that is killed while it waits costs no more than what it had reserved', async () => {
  const name = uniqueName();
  const limit = { max: 50, perMs: 1000 };
  const victim = startProcess(name, limit, [1], 500);
  await eventually(() => victim.lines().length > 10);
  victim.child.kill('SIGKILL');
  await victim.ended;
  const { retryInMs } = await limiterOf(limit, { name }).tryAcquire();

  expect(retryInMs).toBeLessThanOrEqual(300);
});

it('acquisitions of one tick are one call, and each waits without any further call', async () => {
  const { url } = await startOwnRedis();
  const connection = openConnection(url);
  const limiter = limiterOf({ max: 1000, perMs: 10_000 }, { connection });
  const started: number[] = [];
  const all = Array.from({ length: 15 }, (_, n) => limiter.acquire().then(() => started.push(n)));
  const tries = Array.from({ length: 15 }, () => limiter.tryAcquire());
  await Promise.all([...all, ...tries]);

  expect(started).toEqual([...started].sort((a, b) => a - b));
  expect(await calls(connection, 'evalsha')).toBe(2);
});

it('many that wait in several processes cost about one call per acquisition at most', async () => {
  const { url } = await startOwnRedis();
  const name = uniqueName();
  const limiters = Array.from({ length: 8 }, () =>
    limiterOf({ max: 20, perMs: 400 }, { name, connection: openConnection(url) }),
  );
  const turns: number[] = [];
  await Promise.all(
    limiters.flatMap((limiter, which) =>
      Array.from({ length: 10 }, () => limiter.acquire().then(() => turns.push(which))),
    ),
  );

  const admin = openConnection(url);
  expect(await calls(admin, 'evalsha')).toBeLessThanOrEqual(turns.length + limiters.length);
  // Each had its turn before any one was through.
  expect(new Set(turns.slice(0, 60)).size).toBe(limiters.length);
});

it('tryAcquire tells in how many ms it may be allowed, and reserves nothing', async () => {
  const limiter = limiterOf({ max: 1, perMs: hourMs });

  expect(await limiter.tryAcquire()).toEqual({ allowed: true, retryInMs: 0 });
  const before = await state(limiter.connection, limiter.name);
  const { allowed, retryInMs } = await limiter.tryAcquire();
  expect(allowed).toBe(false);
  expect(retryInMs).toBeGreaterThan(hourMs - busyMs(5000));
  expect(retryInMs).toBeLessThanOrEqual(hourMs);
  expect(await state(limiter.connection, limiter.name)).toEqual(before);

  await limiter.reset();
  expect(await limiter.tryAcquire()).toEqual({ allowed: true, retryInMs: 0 });
});

it('after idle time, as many as max + burst may start together, and no more', async () => {
  const limiter = limiterOf({ max: 10, perMs: hourMs, burst: 5 });

  expect(await limiter.tryAcquire({ count: 15 })).toMatchObject({ allowed: true });
  expect(await limiter.tryAcquire()).toMatchObject({ allowed: false });
});

it('one that is aborted rejects with the reason and passes its place on, or returns it', async () => {
  const limiter = limiterOf({ max: 1, perMs: hourMs });
  await limiter.acquire();
  const { backlog } = await state(limiter.connection, limiter.name);
  const [first, second] = [new AbortController(), new AbortController()];
  const waits = [first, second].map(({ signal }) => limiter.acquire({ signal }));
  const reserved = async () => Number((await state(limiter.connection, limiter.name)).places);
  const before = await reserved();
  await eventually(async () => (await reserved()) > before);

  first.abort('first');
  await expect(waits[0]).rejects.toBe('first');
  // The second one has the place now.
  await limiter.connection.ping();
  expect(await reserved()).toBe(before + 1);
  second.abort('second');
  await expect(waits[1]).rejects.toBe('second');
  await eventually(async () => (await reserved()) === before);
  const after = await state(limiter.connection, limiter.name);
  expect(Number(after.backlog)).toBeLessThanOrEqual(Number(backlog));

  await expect(limiter.acquire({ signal: AbortSignal.abort('at once') })).rejects.toBe('at once');
});

it('a wait that is known to be longer than timeoutMs ends at once and reserves nothing', async () => {
  const limiter = limiterOf({ max: 1, perMs: hourMs });
  await limiter.acquire();
  const { places } = await state(limiter.connection, limiter.name);
  const error = await rejection(limiter.acquire({ timeoutMs: hourMs / 2 }));

  expect(error).toMatchObject({ code: 'TIMEOUT', outcome: 'not-executed' });
  expect(error.message).toMatch(/is at its limit: it allows the next start in 3\d{6} ms/);
  expect(await state(limiter.connection, limiter.name)).toMatchObject({ places });
});

it('one that waits behind others in its process gives up when timeoutMs is over', async () => {
  const limiter = limiterOf({ max: 1, perMs: hourMs });
  await limiter.acquire();
  const { places } = await state(limiter.connection, limiter.name);
  const stop = new AbortController();
  const others = [1, 2].map(() => limiter.acquire({ signal: stop.signal }));
  // The first one has a moment then, and nobody asks for the others before that.
  await eventually(async () => (await state(limiter.connection, limiter.name)).places !== places);
  const error = await rejection(limiter.acquire({ timeoutMs: 50 }));

  expect(error).toMatchObject({ code: 'TIMEOUT', outcome: 'not-executed', retryable: true });
  expect(error.message).toContain('nothing may start within 50 ms');
  stop.abort('over');
  for (const other of others) await expect(other).rejects.toBe('over');
});

it('a clock that was set back by an hour does not stop it', async () => {
  const limiter = limiterOf({ max: 2, perMs: 200 });
  await limiter.acquire();
  const { at } = await state(limiter.connection, limiter.name);
  // What the server wrote before its clock went back.
  const key = `{${limiter.name}}:limiter`;
  await limiter.connection.call('HSET', [key, 'at', Number(at) + 1000 * hourMs]);

  expect((await limiter.tryAcquire()).retryInMs).toBeLessThanOrEqual(200);
  await limiter.acquire({ timeoutMs: busyMs(10_000) });
  await limiter.acquire({ timeoutMs: busyMs(10_000) });
});

it('the key expires when nothing starts, and not before a window is over', async () => {
  const limiter = limiterOf({ max: 4, perMs: 400 });
  await limiter.acquire({ count: 4 });
  const ttl = (await limiter.connection.call('PTTL', [`{${limiter.name}}:limiter`])) as number;

  expect(ttl).toBeLessThanOrEqual(702);
  const isThere = () => limiter.connection.call('EXISTS', [`{${limiter.name}}:limiter`]);
  await eventually(async () => (await isThere()) === 0);
});

it('an option that cannot work is refused by name', async () => {
  const connection = redis.connection();
  const make = (options: object, name = 'n') =>
    new RateLimiter(name, { connection, max: 1, perMs: 1, ...options });
  const limiter = make({ max: 2, burst: 1 });
  // biome-ignore lint/suspicious/noExplicitAny: wrong arguments of any kind.
  const anything = (value: unknown): any => value;

  expect(() => make({ max: 0 })).toThrow('max must be a whole number from 1 to 1000000, got 0');
  expect(() => make({ max: 1.5 })).toThrow('max must be');
  expect(() => make({ perMs: 0 })).toThrow('perMs must be a whole number from 1 to 2147483647');
  expect(() => make({ burst: -1 })).toThrow('burst must be a whole number from 0 to 1000000');
  expect(() => make({ per: 5 })).toThrow('A rate limiter has no option "per". Did you mean perMs?');
  expect(() => make({ connection: undefined })).toThrow('A rate limiter needs a connection');
  expect(() => make({}, 'a{b}')).toThrow('The name of a rate limiter must have no braces');
  expect(() => make({}, 'bull:x')).toThrow('must not begin with bull:');
  const tooMany = /^count is at most max \+ burst, which is 3, got 4/;
  expect(await rejection(limiter.acquire({ count: 4 }))).toMatchObject({
    code: 'INVALID_ARGUMENT',
    message: expect.stringMatching(tooMany),
  });
  expect((await rejection(limiter.tryAcquire({ count: 4 }))).message).toMatch(tooMany);
  for (const [call, message] of [
    [() => limiter.acquire({ count: 0 }), 'count must be a whole number at least 1, got 0'],
    [() => limiter.acquire({ timeoutMs: 0 }), 'timeoutMs must be a whole number from 1'],
    [() => limiter.acquire(anything({ cout: 1 })), 'acquire() has no option "cout"'],
    [() => limiter.tryAcquire(anything({ signal: 1 })), 'tryAcquire() has no option "signal"'],
  ] as const) {
    expect((await rejection(call())).message).toContain(message);
  }
});

it('a key of another type is named, and not changed', async () => {
  const limiter = limiterOf({ max: 1, perMs: 10 });
  const key = `{${limiter.name}}:limiter`;
  await limiter.connection.call('SET', [key, 'theirs']);

  for (const call of [() => limiter.acquire(), () => limiter.tryAcquire()]) {
    expect(await rejection(call())).toMatchObject({
      code: 'WRONG_TYPE',
      outcome: 'not-executed',
      message: expect.stringContaining(
        `The rate limiter "${limiter.name}" cannot be used: its key`,
      ),
    });
  }
  expect(String(await limiter.connection.call('GET', [key]))).toBe('theirs');
});

it('while Redis is away, every call rejects by the deadline of its connection', async () => {
  const own = await startOwnRedis();
  const connection = openConnection(own.url, { callTimeoutMs: 300 });
  const limiter = limiterOf({ max: 100, perMs: 100 }, { connection });
  await limiter.acquire();
  await own.stop();

  const waits = Array.from({ length: 20 }, () => limiter.acquire());
  const attempt = limiter.tryAcquire();
  for (const call of [...waits, attempt]) {
    expect(['TIMEOUT', 'CONNECTION']).toContain((await rejection(call)).code);
  }
});
