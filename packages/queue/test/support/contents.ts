import type { Connection } from '@redpost/core';

const reads: Record<string, (key: string) => [command: string, args: string[]]> = {
  string: (key) => ['GET', [key]],
  hash: (key) => ['HGETALL', [key]],
  list: (key) => ['LRANGE', [key, '0', '-1']],
  set: (key) => ['SMEMBERS', [key]],
  zset: (key) => ['ZRANGE', [key, '0', '-1', 'WITHSCORES']],
  stream: (key) => ['XRANGE', [key, '-', '+']],
};

/**
 * All keys that begin so, with their types and what they hold. DUMP would not do: that of a hash is another one after each HGET, as
 * long as the server makes its table larger.
 */
export async function contentsOf(connection: Connection, prefix: string): Promise<unknown[]> {
  const keys = ((await connection.call('KEYS', [`${prefix}*`])) as Buffer[]).map(String).sort();
  return Promise.all(
    keys.map(async (key) => {
      const type = String(await connection.call('TYPE', [key]));
      const [command, args] = reads[type]?.(key) ?? ['TYPE', [key]];
      const held = texts(await connection.call(command, args));
      return [key, type, type === 'hash' ? pairs(held as string[]) : held];
    }),
  );
}

function texts(reply: unknown): unknown {
  return Array.isArray(reply) ? reply.map(texts) : String(reply);
}

/** Fields have no order. */
function pairs(flat: string[]): string[][] {
  const all = Array.from({ length: flat.length / 2 }, (_, n) => flat.slice(2 * n, 2 * n + 2));
  return all.sort(([a = ''], [b = '']) => (a < b ? -1 : 1));
}
