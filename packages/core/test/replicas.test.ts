import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../../../tooling/eventually.js';
import { busyMs, idleMsSince } from '../../../tooling/machine-pace.js';
import { rejection } from '../../../tooling/rejection.js';
import { startPair } from '../../../tooling/replication.js';
import { whileFrozen } from '../../../tooling/while-frozen.js';
import { type EmbeddedRedis, startRedis } from '../src/embedded/index.js';
import { connect, defineScript } from '../src/index.js';
import { openConnection, uniqueKey } from './support/use-redis.js';

let master: EmbeddedRedis;
let replica: EmbeddedRedis;

beforeAll(async () => {
  ({ master, replica } = await startPair({ startRedis, connect }));
});

afterAll(() => Promise.all([master?.stop(), replica?.stop()]));

const withoutReplica = <Result>(job: () => Promise<Result>) => whileFrozen(replica.pid, job);

async function waits(connection: ReturnType<typeof connect>): Promise<number> {
  const stats = String(await connection.call('INFO', ['commandstats']));
  return Number(/cmdstat_wait:calls=(\d+)/.exec(stats)?.[1] ?? 0);
}

const append = defineScript({
  name: 'append',
  keys: { key: ({ key }: { key: string; value: string }) => key },
  args: { value: ({ value }) => value },
  lua: `return redis.call('RPUSH', key, value)`,
  parse: Number,
});

describe('a call that asks for replicas', () => {
  it('resolves when they have it', async () => {
    const connection = openConnection(master.url);
    const copy = openConnection(replica.url);

    for (let at = 0; at < 20; at += 1) {
      const key = uniqueKey();
      expect(await connection.call('RPUSH', [key, 'x'], { replicas: 1 })).toBe(1);
      expect(await copy.call('LLEN', [key])).toBe(1);
      expect(await connection.run(append, { key, value: 'y' }, { replicas: 1 })).toBe(2);
      expect(await copy.call('LLEN', [key])).toBe(2);
    }
  });

  it('shares one WAIT with the others of its tick', async () => {
    const connection = openConnection(master.url);
    const before = await waits(connection);
    const keys = Array.from({ length: 100 }, uniqueKey);

    await Promise.all(keys.map((key) => connection.call('SET', [key, 1], { replicas: 1 })));

    expect(await waits(connection)).toBe(before + 1);
  });

  it('rejects when too few have it in time, though it was executed', async () => {
    const connection = openConnection(master.url);
    const key = uniqueKey();
    const start = performance.now();
    const timeoutMs = busyMs(800);
    const options = { replicas: 1, timeoutMs };

    const error = await withoutReplica(async () => {
      const call = rejection(connection.call('RPUSH', [key, 'x'], options));
      // Others go on meanwhile.
      await eventually(async () => (await connection.call('LLEN', [key])) === 1);
      expect(idleMsSince(start)).toBeLessThan(400);
      return call;
    });

    expect(idleMsSince(start)).toBeLessThan(timeoutMs);
    expect(error).toMatchObject({
      code: 'NOT_REPLICATED',
      outcome: 'unknown',
      replicas: 1,
      confirmed: 0,
    });
    expect(error.message).toContain('0 of 1 replicas');
    expect(await connection.call('RPUSH', [key, 'y'], { replicas: 1 })).toBe(2);
  });

  it('says how many have it', async () => {
    const connection = openConnection(master.url);
    const timeoutMs = busyMs(300);
    const call = connection.call('SET', [uniqueKey(), 1], { replicas: 2, timeoutMs });

    expect(await rejection(call)).toMatchObject({ replicas: 2, confirmed: 1 });
  });

  it('that had to wait for its turn for too long was not executed', async () => {
    const connection = openConnection(master.url);
    const key = uniqueKey();
    const [first, second] = await withoutReplica(async () => {
      const long = rejection(connection.call('RPUSH', [key, 1], { replicas: 1, timeoutMs: 2000 }));
      await eventually(async () => (await connection.call('LLEN', [key])) === 1);
      const short = rejection(connection.call('RPUSH', [key, 2], { replicas: 1, timeoutMs: 200 }));
      return Promise.all([long, short]);
    });

    expect(first).toMatchObject({ code: 'NOT_REPLICATED' });
    expect(second).toMatchObject({ code: 'TIMEOUT', outcome: 'not-executed' });
    expect(await connection.call('RPUSH', [key, 3], { replicas: 1 })).toBe(2);
  });

  it('fails by itself', async () => {
    const connection = openConnection(master.url);
    const key = uniqueKey();
    const ask = (command: string, value: string) =>
      connection.call(command, [key, value], { replicas: 1 });

    const outcomes = await Promise.allSettled([
      ask('RPUSH', 'x'),
      ask('SADD', 'x'),
      ask('RPUSH', 'y'),
    ]);

    expect(outcomes).toMatchObject([
      { status: 'fulfilled', value: 1 },
      { status: 'rejected', reason: { reply: 'WRONGTYPE', outcome: 'not-executed' } },
      { status: 'fulfilled', value: 2 },
    ]);
  });

  it('is not sent while Redis is away, and rejects when the connection closes', async () => {
    const nowhere = openConnection('redis://127.0.0.1:1');
    const away = rejection(nowhere.call('SET', ['k', 1], { replicas: 1, timeoutMs: 200 }));
    expect(await away).toMatchObject({ code: 'CONNECTION', outcome: 'not-executed' });

    const connection = openConnection(master.url);
    const key = uniqueKey();
    const open = await withoutReplica(async () => {
      const call = rejection(connection.call('SET', [key, 1], { replicas: 1 }));
      await eventually(async () => (await connection.call('EXISTS', [key])) === 1);
      await connection.close();
      return call;
    });
    expect(open).toMatchObject({ code: 'NOT_REPLICATED', outcome: 'unknown' });
    expect(open.message).toContain('is closed');
    const after = rejection(connection.call('SET', [key, 1], { replicas: 1 }));
    expect(await after).toMatchObject({ code: 'CLOSED', outcome: 'not-executed' });
  });
});
