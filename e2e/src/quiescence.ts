import type { Connection } from '@redpost/core';
import type { Queue } from '@redpost/queue';

/** What is left of a queue that should have nothing to do any more; undefined for nothing. */
export async function leftOver(connection: Connection, queue: Queue): Promise<string | undefined> {
  const { pending, active, delayed } = await queue.stats();
  const keys = await Promise.all(
    ['active', 'handoff', 'suspects'].map((kind) =>
      connection.call('KEYS', [`{${queue.name}}:${kind}*`]),
    ),
  );
  const names = (keys.flat() as Buffer[]).map(String);
  if (pending + active + delayed + names.length === 0) return undefined;
  return JSON.stringify({ pending, active, delayed, keys: names });
}
