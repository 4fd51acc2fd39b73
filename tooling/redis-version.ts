import { spawnSync } from 'node:child_process';

interface Asked {
  call(command: string, args: readonly string[]): Promise<unknown>;
}

/** True on Redis 6.2, which has no sharded channels and counts less. Valkey answers as Redis 7. */
export async function isBeforeRedis7(connection: Asked): Promise<boolean> {
  const info = String(await connection.call('INFO', ['server']));
  return Number(/redis_version:(\d+)/.exec(info)?.[1]) < 7;
}

/** Why a test is skipped there. */
export const noShards = 'Redis 6.2 has no sharded channels';

/** How a test is skipped. */
type Skip = (reason: string) => unknown;

/** Skips a test where the servers that tests start themselves are of Redis 6.2. */
export function needRedis7(skip: Skip): void {
  if (startsBeforeRedis7()) {
    skip(`${noShards}, and fewer settings for how a node is announced`);
  }
}

/** Skips a test where the servers that tests start have one database in a Cluster, and move slots key by key. */
export function needValkey9(skip: Skip): void {
  if (!startsValkey9()) skip('only Valkey 9 and newer can do that');
}

/** Whether the servers that tests start themselves are of Redis 6.2. */
export function startsBeforeRedis7(): boolean {
  const { name, major } = startedVersion();
  return name === 'Redis' && major < 7;
}

/** Whether the servers that tests start themselves are of Valkey 9 or newer. */
export function startsValkey9(): boolean {
  const { name, major } = startedVersion();
  return name === 'Valkey' && major >= 9;
}

function startedVersion(): { name?: string; major: number } {
  const program = process.env.REDPOST_REDIS_SERVER || 'redis-server';
  const { stdout } = spawnSync(program, ['--version'], { encoding: 'utf8' });
  const [, name, major] = /^(Redis|Valkey) server v=(\d+)/.exec(stdout ?? '') ?? [];
  return { ...(name !== undefined && { name }), major: Number(major) };
}
