import type { Connection } from '@redpost/core';

export type Purpose = 'commands' | 'blocking' | 'subscriptions';

/** Cuts every socket that the processes of the system under test have for this purpose; returns how many. */
export async function cutSockets(connection: Connection, purpose: Purpose): Promise<number> {
  const list = String(await connection.call('CLIENT', ['LIST']));
  const victims = list
    .split('\n')
    .map((line) => /^id=(\d+) .* name=(\S+)/.exec(line))
    .filter((match) => match?.[2]?.endsWith(`:${purpose}`) && !match[2].startsWith(observer));
  const cut = victims.map((match) => connection.call('CLIENT', ['KILL', 'ID', match?.[1] ?? '']));
  const counts = await Promise.all(cut);
  return counts.reduce<number>((sum, count) => sum + Number(count), 0);
}

/** The name of the test's own connection, which faults leave alone. */
export const observer = 'observer';
