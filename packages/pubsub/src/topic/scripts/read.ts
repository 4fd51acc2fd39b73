import { defineScript } from '@redpost/core';
import type { Entry } from '../record.js';
import source from './read.lua';

export interface ReadInput {
  stream: string;
  after: string;
  count: number;
}

export interface ReadResult {
  entries: Entry[];
  /** True when the oldest record there is comes after the offset. */
  isFirst: boolean;
  /** Known only when `isFirst`, or when there are no more records. */
  totals?: {
    /** How many records were ever added; undefined before Redis 7. */
    added: number | undefined;
    length: number;
    /** Whether records were deleted one by one, which spoils counting. */
    hasDeleted: boolean;
  };
}

type EntryReply = [offset: Buffer, fields: Buffer[] | null];

export const read = defineScript<ReadInput, ReadResult>({
  name: 'read',
  lua: source,
  looksFirst: () => true,
  encode: ({ stream, after, count }) => ({ keys: [stream], args: [after, count] }),
  parse(reply) {
    const [entries, isFirst, added, length, deleted] = reply as [
      EntryReply[],
      number,
      ...(number | null | undefined)[],
    ];
    const result = { entries: entries.map(toEntry), isFirst: isFirst === 1 };
    if (length == null) return result;
    return { ...result, totals: { added: added ?? undefined, length, hasDeleted: deleted === 1 } };
  },
});

export function toEntry([offset, fields]: EntryReply): Entry {
  return { offset: offset.toString('latin1'), fields: fields ?? [] };
}
