import { defineScript } from '@redpost/core';
import type { GroupKeys } from '../topic-keys.js';
import source from './roster.lua';
import waiting from './waiting.lua';

export interface PendingRecord {
  offset: string;
  /** Undefined for a record without a key, and for one that was trimmed. */
  key: string | undefined;
}

export const roster = defineScript<{ keys: GroupKeys; group: string }, PendingRecord[]>({
  name: 'roster',
  lua: waiting + source,
  looksFirst: () => true,
  encode: ({ keys, group }) => ({ keys: [keys.stream], args: [group] }),
  parse(reply) {
    const values = (reply as Buffer[]).map(String);
    const records: PendingRecord[] = [];
    for (let at = 0; at < values.length; at += 2) {
      records.push({ offset: values[at] as string, key: values[at + 1] || undefined });
    }
    return records;
  },
});
