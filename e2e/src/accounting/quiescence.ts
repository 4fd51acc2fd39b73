import type { Connection } from '@redpost/core';
import type { Queue } from '@redpost/queue';
import { Topic } from '@redpost/topic';

/** All of it at one moment: a message on its way from one place to another must not be missed. */
const count = `
  local name = KEYS[1]
  local tag = '{' .. name .. '}:'
  local keys = {}
  for _, kind in ipairs({ 'active', 'batches', 'handoff', 'suspects', 'returned', 'level:', 'key:' }) do
    for _, key in ipairs(redis.call('KEYS', tag .. kind .. '*')) do keys[#keys + 1] = key end
  end
  return { redis.call('LLEN', name), redis.call('ZCARD', tag .. 'delayed'), keys }
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
  const reply = await connection.call('EVAL', [count, 1, line.name]);
  const [listed, delayed, keys] = reply as [number, number, Buffer[]];
  if (listed + delayed + keys.length === 0) return undefined;
  return JSON.stringify({ listed, delayed, keys: keys.map(String) });
}
