import { defineScript } from '@redpost/core';
import { entriesPart } from '@redpost/core/consuming';
import type { Entry } from '../record/record.js';
import { closedPart } from './parts/parts.js';
import source from './read.lua';

export interface ReadInput {
  stream: string;
  after: string;
  count: number;
}

export interface ReadResult {
  entries: Entry[];
  /** True when the oldest record of the stream comes after the offset. */
  isFirst: boolean;
  /** True when these are the last records that the partition ever gets. */
  isClosed: boolean;
  /** Known only when `isFirst`, or when there are no more records. */
  totals?: {
    /** How many records were ever added; undefined before Redis 7. */
    added: number | undefined;
    length: number;
    /** True when records were deleted one by one, so that missing records cannot be counted. */
    hasDeleted: boolean;
    /** True when there are more records, which did not fit into the answer. */
    isCut: boolean;
  };
}

type EntryReply = [offset: Buffer, fields: Buffer[] | null];

export const read = defineScript<ReadInput, ReadResult>({
  name: 'read',
  uses: [entriesPart, closedPart],
  keys: { stream: ({ stream }) => stream },
  args: { after: ({ after }) => after, count: ({ count }) => count },
  lua: source,
  looksFirst: () => true,
  parse(reply) {
    const [entries, isFirst, added, length, deleted, isCut, isClosed] = reply as [
      EntryReply[],
      number,
      ...(number | null | undefined)[],
    ];
    const result = {
      entries: entries.map(toEntry),
      isFirst: isFirst === 1,
      isClosed: isClosed === 1,
    };
    if (length == null) return result;
    const totals = { length, hasDeleted: deleted === 1, isCut: isCut === 1 };
    return { ...result, totals: { ...totals, added: added ?? undefined } };
  },
});

export function toEntry([offset, fields]: EntryReply): Entry {
  return { offset: offset.toString('latin1'), fields: fields ?? [] };
}
