import { defineScript } from '@redpost/core';
import { type EntryReply, entriesPart } from '@redpost/core/consuming';
import source from './peek-dead.lua';

export interface PeekDeadInput {
  dead: string;
  /** Ids of entries, `-` and `+` for the ends; `(` before one leaves it out. */
  from: string;
  to: string;
  limit: number;
  /** How many bytes of each body to read at most; undefined for all. */
  maxBodyBytes?: number | undefined;
}

/** An entry of the dead letters, whose body may have been cut. */
export interface PeekedEntry {
  entry: EntryReply;
  /** How many bytes the whole body has. */
  bodyBytes: number;
}

export const peekDead = defineScript<PeekDeadInput, { found: PeekedEntry[]; isCut: boolean }>({
  name: 'peek-dead',
  uses: [entriesPart],
  keys: { dead: ({ dead }) => dead },
  args: {
    from: ({ from }) => from,
    to: ({ to }) => to,
    limit: ({ limit }) => limit,
    most_body: ({ maxBodyBytes = '' }) => maxBodyBytes,
  },
  lua: source,
  looksFirst: () => true,
  parse(reply) {
    const [entries, isCut, sizes] = reply as [EntryReply[], number, number[]];
    const found = entries.map((entry, n) => ({ entry, bodyBytes: sizes[n] as number }));
    return { found, isCut: isCut === 1 };
  },
});
