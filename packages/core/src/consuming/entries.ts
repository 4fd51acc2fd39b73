import type { Connection } from '../connection/connection.js';
import { entriesPart } from '../script/parts/parts.js';
import { defineScript } from '../script/script.js';
import newest from './newest-id.lua';
import source from './read-entries.lua';

/** An entry of a stream as Redis answers it: its id, and its fields with their values. */
export type EntryReply = [id: Buffer, fields: Buffer[]];

interface Range {
  stream: string;
  /** Ids of entries, `-` and `+` for the ends; `(` before one leaves it out. */
  from: string;
  to: string;
  limit: number;
}

const readEntries = defineScript<Range, { entries: EntryReply[]; isCut: boolean }>({
  name: 'read-entries',
  uses: [entriesPart],
  keys: { stream: ({ stream }) => stream },
  args: { from: ({ from }) => from, to: ({ to }) => to, limit: ({ limit }) => limit },
  lua: source,
  looksFirst: () => true,
  parse(reply) {
    const [found, isCut] = reply as [EntryReply[], number];
    return { entries: found, isCut: isCut === 1 };
  },
});

/** Like `XRANGE`, but split into several calls, so that no answer is large. */
export async function entriesOf(
  connection: Connection,
  { limit, ...range }: Range,
): Promise<EntryReply[]> {
  const all: EntryReply[] = [];
  for (let { from } = range; ; from = `(${String(all.at(-1)?.[0])}`) {
    const input = { ...range, from, limit: limit - all.length };
    const { entries: found, isCut } = await connection.run(readEntries, input);
    all.push(...found);
    if (!isCut || all.length >= limit) return all;
  }
}

/** The id of the newest entry of a stream, without its fields; undefined when there is none. */
export const newestId = defineScript<string, string | undefined>({
  name: 'newest-id',
  keys: { stream: (stream) => stream },
  lua: newest,
  looksFirst: () => true,
  parse: (reply) => (reply === null ? undefined : String(reply)),
});
