import type { Connection } from '@redpost/core';
import type { Queue } from '@redpost/queue';
import { Topic } from '@redpost/topic';

/** All of a list at one moment: a message on its way from one place to another must not be missed. */
const count = `
  local list = KEYS[1]
  local tag = string.find(list, '{', 1, true) and list .. ':queue:' or '{' .. list .. '}:'
  local keys = {}
  for _, kind in ipairs({ 'active', 'batches', 'handoff', 'suspects', 'returned', 'level:', 'key:', 'outbox:' }) do
    for _, key in ipairs(redis.call('KEYS', tag .. kind .. '*')) do
      if kind ~= 'outbox:' or redis.call('XLEN', key) > 0 then keys[#keys + 1] = key end
    end
  end
  return { redis.call('LLEN', list), redis.call('ZCARD', tag .. 'delayed'), keys }
`;

/** The work that should be done and is left; undefined for none. */
export async function leftOver<Body>(
  connection: Connection,
  line: Queue<Body> | Topic<Body>,
): Promise<string | undefined> {
  if (line instanceof Topic) {
    const { lag, pending } = await line.group('consumers').stats();
    return lag + pending === 0 ? undefined : JSON.stringify({ lag, pending });
  }
  const { lists } = await line.partitions.get();
  // What goes from one partition to another between two looks is found by the second one of these.
  const looks = lists.length === 1 ? lists : [...lists, ...lists];
  for (const list of looks) {
    const left = await leftIn(connection, list);
    if (left) return left;
  }
  return undefined;
}

async function leftIn(connection: Connection, list: string): Promise<string | undefined> {
  const reply = await connection.call('EVAL', [count, 1, list]);
  const [listed, delayed, keys] = reply as [number, number, Buffer[]];
  if (listed + delayed + keys.length === 0) return undefined;
  return JSON.stringify({ list, listed, delayed, keys: keys.map(String) });
}
