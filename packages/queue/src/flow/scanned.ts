import type { Connection } from '@redpost/core';

/** About how many are read at a time. */
const atOnce = 200;

/**
 * Iterates over the members of a sorted set with their scores, or over the fields of a hash with their values. One that is
 * there all the time comes at least once, and may come again.
 */
export async function* scanned(
  connection: Connection,
  command: 'ZSCAN' | 'HSCAN',
  key: string,
  ...options: string[]
): AsyncGenerator<[name: string, value: string]> {
  let cursor = '0';
  do {
    const reply = await connection.call(command, [key, cursor, ...options, 'COUNT', atOnce]);
    const [next, found] = reply as [Buffer, Buffer[]];
    cursor = String(next);
    for (let at = 0; at < found.length; at += 2) yield [String(found[at]), String(found[at + 1])];
  } while (cursor !== '0');
}
