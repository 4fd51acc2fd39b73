import { spawnSync } from 'node:child_process';

interface Asked {
  call(command: string, args: readonly string[]): Promise<unknown>;
}

/** True on Redis 6.2, which has no sharded channels and counts less. Valkey answers as Redis 7. */
export async function isBeforeRedis7(connection: Asked): Promise<boolean> {
  const info = String(await connection.call('INFO', ['server']));
  return Number(/redis_version:(\d+)/.exec(info)?.[1]) < 7;
}

/** Whether the servers that tests start themselves are of Redis 6.2. */
export function startsBeforeRedis7(): boolean {
  const { name, major } = startedVersion();
  return name === 'Redis' && major < 7;
}

export const onlyValkey9 = 'only Valkey 9 and newer has it';

/** Whether the servers that tests start have several databases in a Cluster, and move slots in one piece. */
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
