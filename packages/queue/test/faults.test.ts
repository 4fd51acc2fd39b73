import type { connect } from '@redpost/core';
import { expect, it } from 'vitest';
import { eventually } from '../../../tooling/eventually.js';
import { idleMsSince } from '../../../tooling/machine-pace.js';
import { rejection } from '../../../tooling/rejection.js';
import { Queue } from '../src/index.js';
import { atRest } from './support/in-redis.js';
import { openConnection, startOwnRedis } from './support/use-redis.js';

const total = 3000;

/** The ids of the clients whose name ends like this. */
async function clients(connection: ReturnType<typeof connect>, purpose: string): Promise<string[]> {
  const list = String(await connection.call('CLIENT', ['LIST'])).split('\n');
  const wanted = list.filter((line) => line.includes(`name=redpost:${purpose} `));
  return wanted.map((line) => /^id=(\d+)/.exec(line)?.[1] ?? '');
}

const faults: [string, (saboteur: ReturnType<typeof connect>) => Promise<unknown>][] = [
  ['SCRIPT FLUSH', (saboteur) => saboteur.call('SCRIPT', ['FLUSH'])],
  [
    'CLIENT KILL TYPE normal',
    (saboteur) => saboteur.call('CLIENT', ['KILL', 'TYPE', 'normal', 'SKIPME', 'yes']),
  ],
  ['CLIENT KILL TYPE pubsub', (saboteur) => saboteur.call('CLIENT', ['KILL', 'TYPE', 'pubsub'])],
  [
    'a kill of the blocking connection',
    async (saboteur) => {
      for (const id of await clients(saboteur, 'blocking')) {
        await saboteur.call('CLIENT', ['KILL', 'ID', id]).catch(() => {});
      }
    },
  ],
];

it.each(faults)('%s in mid-run loses nothing', async (_what, sabotage) => {
  const redis = await startOwnRedis();
  const saboteur = openConnection(redis.url, { name: 'saboteur' });
  const producer = new Queue<number>('q', { connection: openConnection(redis.url) });
  const connection = openConnection(redis.url);
  const queue = Object.assign(new Queue<number>('q', { connection }), { connection });
  const handled = new Map<number, number>();
  const consumer = queue.consume(
    async ({ body }) => {
      handled.set(body, (handled.get(body) ?? 0) + 1);
      if (body % 50 === 0) await new Promise(setImmediate);
      if (body % 97 === 0 && handled.get(body) === 1) throw new Error('once more');
    },
    { concurrency: 10, backoff: () => 5 },
  );
  consumer.on('error', () => {});

  const sent = new Set<number>();
  const unknown = new Set<number>();
  for (let body = 0; body < total; body += 30) {
    const bodies = Array.from({ length: 30 }, (_, at) => body + at);
    const results = await producer.sendBatch(bodies.map((one) => ({ body: one })));
    results.forEach((result, at) => {
      const one = body + at;
      if (result.status === 'sent') sent.add(one);
      else if (
        result.status === 'failed' &&
        (result.error as { outcome?: string }).outcome === 'unknown'
      )
        unknown.add(one);
    });
    if (body % 300 === 0) await sabotage(saboteur);
  }
  await eventually(() => [...sent].every((body) => handled.has(body)), 10_000);
  await eventually(async () => {
    const { pending, active, delayed } = await queue.stats();
    return pending + active + delayed === 0;
  });
  await consumer.stop();

  expect(await atRest(queue as never)).toEqual({ pending: 0, delayed: 0, dead: 0 });
  for (const body of handled.keys()) expect(sent.has(body) || unknown.has(body)).toBe(true);
  await producer.close();
});

it('a send without Redis rejects within its deadline, and the message is never there', async () => {
  const redis = await startOwnRedis();
  const { port } = redis;
  const connection = openConnection(redis.url);
  const queue = new Queue<number>('q', { connection, sendTimeoutMs: 200 });
  await connection.ping();
  await redis.stop();
  await eventually(() => connection.status === 'interrupted');

  const start = performance.now();
  const error = await rejection(queue.send(2));

  expect(idleMsSince(start)).toBeLessThan(1500);
  expect(error).toMatchObject({ code: 'CONNECTION', outcome: 'not-executed', retryable: true });

  await startOwnRedis({ port });
  await connection.ping();
  await queue.send(3);
  expect((await queue.peek()).map(({ body }) => body)).toEqual([3]);
});
