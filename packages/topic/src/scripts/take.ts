import { defineScript } from '@redpost/core';
import { clockPart, entriesPart } from '@redpost/core/consuming';
import { type PackedEntry, unpackEntries } from '../record/packed-entries.js';
import type { GroupKeys } from '../topic-keys.js';
import { heldPart, offsetsPart } from './parts/parts.js';
import { toEntry } from './read.js';
import { groupKeys } from './script-keys.js';
import source from './take.lua';

export interface TakeInput {
  keys: GroupKeys;
  group: string;
  consumer: string;
  /** How many records to take. */
  count: number;
  /** Whether new ones may be among them, or only those that come again. */
  withNew: boolean;
  /** Whether a suspect may be among them. */
  withSuspect: boolean;
  /** Offsets of what has been settled. */
  acked: readonly string[];
}

/** A record as it was taken. */
export interface Taken extends PackedEntry {
  /** Which attempt this is, from 1. */
  readonly attempt: number;
  readonly isSuspect: boolean;
}

export type TakeResult =
  /** Nothing was done: the consumer's lease had run out. */
  | { status: 'lost' }
  | {
      status: 'held';
      /** The server's time, in ms since 1970. */
      now: number;
      /** When the next delayed record is due. */
      due: number | undefined;
      /** The offset behind which the next record will come; undefined when there may be more. */
      waitBehind: string | undefined;
      /** Offsets of records that were to come again, but are no longer in the stream. */
      trimmed: string[];
      records: Taken[];
    };

export const take = defineScript<TakeInput, TakeResult>({
  name: 'take',
  uses: [clockPart, heldPart, offsetsPart, entriesPart],
  keys: groupKeys('stream', 'consumers', 'delayed', 'suspects', 'stats'),
  args: {
    group: ({ group }) => group,
    consumer: ({ consumer }) => consumer,
    count: ({ count }) => count,
    with_new: ({ withNew }) => (withNew ? 1 : 0),
    with_suspect: ({ withSuspect }) => (withSuspect ? 1 : 0),
  },
  rest: ({ acked }) => acked,
  lua: source,
  parse(reply) {
    if (reply === null) return { status: 'lost' };
    const [now, due, waitBehind, trimmed, again, packed] = reply as [
      number,
      Buffer | null,
      Buffer | null,
      Buffer[],
      AgainReply[],
      Buffer[],
    ];
    const records = again.map(toTaken);
    for (const entries of packed) {
      for (const entry of unpackEntries(entries)) records.push(toFirst(entry));
    }
    return {
      status: 'held',
      now,
      due: due === null ? undefined : Number(due),
      waitBehind: waitBehind?.toString('latin1'),
      trimmed: trimmed.map(String),
      records,
    };
  },
});

type AgainReply = [attempt: number, entry: [Buffer, Buffer[]], isSuspect?: number];

function toTaken([attempt, entry, isSuspect]: AgainReply): Taken {
  return { ...toEntry(entry), body: undefined, attempt, isSuspect: isSuspect === 1 };
}

function toFirst({ offset, body, fields }: PackedEntry): Taken {
  return { offset, body, fields, attempt: 1, isSuspect: false };
}
