import { type Connection, connect } from '@redpost/core';
import { type EmbeddedRedis, startRedis } from '@redpost/core/embedded';
import { onTestFinished } from 'vitest';

/** A Redis for one test: what a user would already have. */
export async function useRedis(): Promise<{ redis: EmbeddedRedis; connection: Connection }> {
  const redis = await startRedis();
  const connection = connect(redis.url);
  connection.on('error', () => {});
  onTestFinished(async () => {
    await connection.close();
    await redis.stop();
  });
  return { redis, connection };
}

export async function allKeys(connection: Connection): Promise<string[]> {
  const reply = await connection.call('KEYS', ['*']);
  return (reply as Buffer[]).map(String).sort();
}
