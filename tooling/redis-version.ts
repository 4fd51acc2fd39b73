interface Asked {
  call(command: string, args: readonly string[]): Promise<unknown>;
}

/** True on Redis 6.2, which has no sharded channels and counts less. Valkey answers as Redis 7. */
export async function isBeforeRedis7(connection: Asked): Promise<boolean> {
  const info = String(await connection.call('INFO', ['server']));
  return Number(/redis_version:(\d+)/.exec(info)?.[1]) < 7;
}
