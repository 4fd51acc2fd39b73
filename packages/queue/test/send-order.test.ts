import { setTimeout as pause } from 'node:timers/promises';
import type { Connection } from '@redpost/core';
import { type EmbeddedRedis, startRedis } from '@redpost/core/embedded';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../../../tooling/eventually.js';
import { keepBusy, soonBusy } from '../../../tooling/while-busy.js';
import { List, Queue } from '../src/index.js';
import { openConnection, startOwnRedis, uniqueName } from './support/use-redis.js';

let redis: EmbeddedRedis;
beforeAll(async () => {
  redis = await startRedis({ args: soonBusy });
});
afterAll(() => redis?.stop());

/** Sends number after number without awaiting any, some ms apart, while the server is busy. */
async function sendsWhileBusy(send: (n: number) => Promise<unknown>): Promise<void> {
  const admin = openConnection(redis.url);
  await Promise.all([admin.ping(), send(0)]);
  const busy = keepBusy(admin, 300);
  const sends: Promise<unknown>[] = [];
  for (let n = 1; n < 60; n += 1) {
    sends.push(send(n));
    await pause(8);
  }
  await Promise.all([busy, ...sends]);
}

/** The bodies in a list, the one that was sent first at the front. */
async function bodies(connection: Connection, list: string): Promise<number[]> {
  const elements = (await connection.call('LRANGE', [list, 0, -1])) as Buffer[];
  return elements.map((element) => Number(String(element).split('\n').pop())).reverse();
}

const inOrder = (count: number) => Array.from({ length: count }, (_, n) => n);

describe('sends that are not awaited keep their order', () => {
  it.each([
    ['', 0],
    [', with replicas to confirm them', 1],
  ])('while Redis is busy%s', async (_, replicas) => {
    if (replicas) await startReplica();
    const connection = openConnection(redis.url);
    const queue = new Queue<number>(uniqueName(), { connection, replicas });

    await sendsWhileBusy((n) => queue.send(n));

    expect(await bodies(connection, queue.name)).toEqual(inOrder(60));
  });

  it('while Redis is busy, also when some are sent by script', async () => {
    const connection = openConnection(redis.url);
    const queue = new Queue<number>(uniqueName(), { connection });

    await sendsWhileBusy((n) => queue.send(n, n % 2 ? { ttlMs: 60_000 } : {}));

    expect(await bodies(connection, queue.name)).toEqual(inOrder(60));
  });

  it('also in a List', async () => {
    const connection = openConnection(redis.url);
    const list = new List<number>(uniqueName(), { connection });

    await sendsWhileBusy((n) => list.lpush(n));

    expect(await bodies(connection, list.name)).toEqual(inOrder(60));
  });

  it('while the scripts are flushed repeatedly', async () => {
    const connection = openConnection(redis.url);
    const admin = openConnection(redis.url);
    const queue = new Queue<number>(uniqueName(), { connection });
    await Promise.all([connection.ping(), admin.ping()]);
    const sends: Promise<unknown>[] = [];

    for (let round = 0; round < 200; round += 1) {
      const flushed = admin.call('SCRIPT', ['FLUSH']);
      const once = { key: `${round}`, until: 'done' } as const;
      for (const options of [{ ttlMs: 60_000 }, {}, { once }, {}]) {
        sends.push(queue.send(sends.length, options));
        await pause(0);
      }
      await flushed;
    }
    await Promise.all(sends);

    expect(await bodies(connection, queue.name)).toEqual(inOrder(800));
  });
});

async function startReplica(): Promise<void> {
  const master = ['--replicaof', '127.0.0.1', String(redis.port)];
  await startOwnRedis({ args: [...master, '--repl-diskless-sync-delay', '0'] });
  const connection = openConnection(redis.url);
  const isFollowed = async () =>
    String(await connection.call('INFO', ['replication'])).includes('state=online');
  await eventually(isFollowed);
}
