import { type Reply, ServerError } from '@redpost/core';
import type { GroupContext } from './group-context.js';
import { backlog } from './scripts/backlog.js';
import type { GroupKeys } from './topic-keys.js';

/** How many records one script counts: it holds up everything else meanwhile. */
const chunk = 1000;

/** A group as `XINFO GROUPS` tells it. */
export interface GroupInfo {
  /** How many records were delivered and are not settled. */
  pending: number;
  lastDelivered: string;
  /** How many records were not delivered yet; undefined when the server does not know. */
  lag: number | undefined;
}

/** Undefined when the group does not exist in this partition. */
export async function groupInfo(
  { topic, group }: GroupContext,
  { stream }: GroupKeys,
): Promise<GroupInfo | undefined> {
  try {
    const groups = (await topic.connection.call('XINFO', ['GROUPS', stream])) as Reply[][];
    const info = groups.map(toMap).find((each) => String(each.get('name')) === group);
    if (!info) return undefined;
    // Missing before Redis 7, and null where Redis 7 cannot tell.
    const lag = info.get('lag') ?? undefined;
    return {
      pending: Number(info.get('pending')),
      lastDelivered: String(info.get('last-delivered-id')),
      lag: lag === undefined ? undefined : Number(lag),
    };
  } catch (error) {
    if (error instanceof ServerError && /no such key/i.test(error.message)) return undefined;
    throw error;
  }
}

/**
 * How many records a group has not been given yet. What the server does not know is counted, a
 * thousand at a time.
 */
export async function partitionLag(context: GroupContext, keys: GroupKeys): Promise<number> {
  const { connection } = context.topic;
  const info = await groupInfo(context, keys);
  if (!info) return Number(await connection.call('XLEN', [keys.stream]));
  if (info.lag !== undefined) return info.lag;

  let total = 0;
  for (let after = info.lastDelivered; ; ) {
    const { count, last } = await connection.run(backlog, {
      stream: keys.stream,
      after,
      limit: chunk,
    });
    total += count;
    if (count < chunk) return total;
    after = last;
  }
}

function toMap(flat: Reply[]): Map<string, Reply> {
  const map = new Map<string, Reply>();
  for (let at = 0; at < flat.length; at += 2) map.set(String(flat[at]), flat[at + 1] as Reply);
  return map;
}
