import type { Connection } from '../connection.js';
import { defineScript } from '../script.js';
import entries from './entries.lua';
import mostBytes from './most-bytes.lua';
import packedArray from './packed-array.lua';
import source from './read-entries.lua';

/** Lua: `most_bytes`, what an answer has at most. */
export const mostBytesLua: string = mostBytes;

/** Lua: `array_of`, one array of MessagePack out of parts. */
export const packedArrayLua: string = packedArray;

/** Lua: `read_entries`, `fitting_entries` and `size_of`. Needs `mostBytesLua`. */
export const entriesLua: string = entries;

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
  lua: mostBytes + entries + source,
  looksFirst: () => true,
  encode: ({ stream, from, to, limit }) => ({ keys: [stream], args: [from, to, limit] }),
  parse(reply) {
    const [found, isCut] = reply as [EntryReply[], number];
    return { entries: found, isCut: isCut === 1 };
  },
});

/** Like `XRANGE`, in as many answers as it takes for none of them to be large. */
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

const newestId =
  "local newest = redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)[1] return newest and newest[1]";

/**
 * The id of the newest entry there is, without its fields; undefined when there is none. By its text: a
 * script that the server does not know would have to be sent again, behind what is added meanwhile.
 */
export async function newestIdOf(
  connection: Connection,
  stream: string,
): Promise<string | undefined> {
  const reply = await connection.call('EVAL', [newestId, 1, stream]);
  return reply === null ? undefined : String(reply);
}
