import type { Connection } from '@redpost/core';
import { describe, expect, it } from 'vitest';
import { eventually } from '../../../tooling/eventually.js';
import { startDemo } from './support/start-demo.js';
import { allKeys, useRedis } from './support/use-redis.js';

/** Takes a message from under the demo, and pushes it `copies` times. */
async function meddle(connection: Connection, copies: number): Promise<void> {
  const queue = await eventually(async () => {
    const keys = await allKeys(connection);
    return keys.map((key) => /^\{(.*:task)\}:consumers$/.exec(key)?.[1]).find(Boolean);
  });
  const reply = await connection.block((ms) => ['BRPOP', queue, ms / 1000], { timeoutMs: 8000 });
  const [, element] = reply as [Buffer, Buffer];
  for (let copy = 0; copy < copies; copy += 1) await connection.call('LPUSH', [queue, element]);
}

describe('the last line is counted, and the exit code 1', () => {
  it.each([
    ['lost', 0, '100 sent, 99 consumed, 1 lost, 0 duplicated'],
    ['duplicated', 2, '100 sent, 100 consumed, 0 lost, 1 duplicated'],
  ])('when a message is %s', async (_, copies, lastLine) => {
    const { redis, connection } = await useRedis();
    const demo = await startDemo(['--interval', '100ms'], { REDIS_URL: redis.url });

    await meddle(connection, copies);

    const ended = await demo.ended;
    expect(ended.lastLine).toBe(lastLine);
    expect(ended.code).toBe(1);
    expect(await allKeys(connection)).toEqual([]);
  });
});
