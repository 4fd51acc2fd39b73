import { describe, expect, it, onTestFinished } from 'vitest';
import { eventually } from '../../../tooling/eventually.js';
import { idleMsSince } from '../../../tooling/machine-pace.js';
import { rejection } from '../../../tooling/rejection.js';
import type { EmbeddedRedis } from '../src/embedded/index.js';
import { Recorder, recordEvents } from './support/record.js';
import { openConnection, startOwnRedis } from './support/use-redis.js';

/** Stops the server in its tracks: its sockets stay open, and nobody answers. */
async function freeze({ pid }: EmbeddedRedis): Promise<() => void> {
  process.kill(pid, 'SIGSTOP');
  const thaw = () => void process.kill(pid, 'SIGCONT');
  onTestFinished(thaw);
  return thaw;
}

describe('a server that falls silent', () => {
  it('is noticed by a connection that has nothing to say, and noticed again when it is back', async () => {
    const redis = await startOwnRedis();
    const connection = openConnection(redis.url, { keepAliveMs: 100 });
    const events = recordEvents(connection);
    await connection.ping();

    const thaw = await freeze(redis);
    await eventually(() => events.includes('interrupted'), 2000);
    thaw();

    await eventually(() => events.includes('resumed'));
    await connection.ping();
  });

  it('makes a call reject with an unknown outcome, long before its deadline', async () => {
    const redis = await startOwnRedis();
    const connection = openConnection(redis.url, { keepAliveMs: 200 });
    await connection.ping();
    await freeze(redis);
    const start = performance.now();

    const error = await rejection(connection.call('INCR', ['counter'], { timeoutMs: 30_000 }));

    expect(error).toMatchObject({ code: 'CONNECTION', outcome: 'unknown' });
    expect(idleMsSince(start)).toBeLessThan(2000);
  });

  it('is noticed by an idle subscription, which is resumed when the server is back', async () => {
    const redis = await startOwnRedis();
    const connection = openConnection(redis.url, { keepAliveMs: 100 });
    const recorder = new Recorder();
    await connection.subscribe({ kind: 'channel', name: 'news' }, recorder);

    const thaw = await freeze(redis);
    await eventually(() => recorder.events.includes('interrupted'), 2000);
    thaw();

    await eventually(() => recorder.events.includes('resumed'));
    await eventually(async () => (await connection.call('PUBLISH', ['news', 'hello'])) === 1);
    await eventually(() => recorder.messages.includes('news hello'));
  });

  it('makes a blocking read reject when its answer is overdue, and cuts the socket', async () => {
    const redis = await startOwnRedis();
    const connection = openConnection(redis.url, { name: 'watched' });
    await connection.block((ms) => ['BLPOP', 'list', ms / 1000], { timeoutMs: 1 });
    const thaw = await freeze(redis);
    const start = performance.now();

    const error = await rejection(
      connection.block((ms) => ['BLPOP', 'list', ms / 1000], { timeoutMs: 100 }),
    );

    expect(error).toMatchObject({ code: 'TIMEOUT', outcome: 'unknown' });
    expect(idleMsSince(start)).toBeLessThan(3500);

    // The read that nobody waits for any more must not take what is pushed from now on.
    thaw();
    const other = openConnection(redis.url);
    await other.call('RPUSH', ['list', 'kept']);
    await eventually(
      async () => !String(await other.call('CLIENT', ['LIST'])).includes('watched:blocking'),
    );
    expect(await other.call('LLEN', ['list'])).toBe(1);
  });

  it('does not hold up close', async () => {
    const redis = await startOwnRedis();
    const connection = openConnection(redis.url);
    await connection.ping();
    await freeze(redis);
    const call = rejection(connection.call('INCR', ['counter'], { timeoutMs: 30_000 }));
    const start = performance.now();

    await connection.close();

    expect(await call).toMatchObject({ code: 'CLOSED', outcome: 'unknown' });
    expect(idleMsSince(start)).toBeLessThan(1500);
  });
});
