import { type Connection, defineScript } from '@redpost/core';
import { entriesPart } from '@redpost/core/consuming';
import type { GroupKeys } from '../topic-keys.js';
import source from './roster.lua';
import { groupKeys } from './script-keys.js';

export interface PendingRecord {
  offset: string;
  /** Undefined for a record without a key, and for one that was trimmed. */
  key: string | undefined;
}

interface Pending {
  records: PendingRecord[];
  mayHaveMore: boolean;
}

/** How many records one script lists, because no other call is executed meanwhile. */
const limit = 1000;

const roster = defineScript<{ keys: GroupKeys; group: string; from: string }, Pending>({
  name: 'roster',
  uses: [entriesPart],
  keys: groupKeys('stream'),
  args: { group: ({ group }) => group, from: ({ from }) => from, limit: () => limit },
  lua: source,
  looksFirst: () => true,
  parse(reply) {
    const [more, ...pending] = reply as [number, ...Buffer[]];
    const values = pending.map(String);
    const records: PendingRecord[] = [];
    for (let at = 0; at < values.length; at += 2) {
      records.push({ offset: values[at] as string, key: values[at + 1] || undefined });
    }
    return { records, mayHaveMore: more === 1 };
  },
});

/** The records that are pending in a group under any consumer, oldest first. */
export async function pendingOf(
  connection: Connection,
  input: { keys: GroupKeys; group: string },
): Promise<PendingRecord[]> {
  const all: PendingRecord[] = [];
  for (let from = '-'; ; from = `(${all.at(-1)?.offset}`) {
    const { records, mayHaveMore } = await connection.run(roster, { ...input, from });
    all.push(...records);
    if (!mayHaveMore) return all;
  }
}
