import { defineScript } from '@redpost/core';
import { type EntryReply, entriesPart } from '@redpost/core/consuming';
import source from './newest-entries.lua';

export interface NewestEntriesInput {
  stream: string;
  /** The id from which to go back, `+` for the end; `(` before it leaves it out. */
  to: string;
}

/** The newest entries of a stream, the newest first. */
export const newestEntries = defineScript<NewestEntriesInput, EntryReply[]>({
  name: 'newest-entries',
  uses: [entriesPart],
  keys: { stream: ({ stream }) => stream },
  args: { last: ({ to }) => to },
  lua: source,
  looksFirst: () => true,
  parse: (reply) => reply as EntryReply[],
});
