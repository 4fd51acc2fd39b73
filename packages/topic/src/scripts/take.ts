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
  /** Whether new records may be among them, or only records that are delivered again. */
  withNew: boolean;
  /** Whether a suspect may be among them. */
  withSuspect: boolean;
  /** Offsets of the records to acknowledge. */
  acked: readonly string[];
}

/** A record that was taken, with its attempt. */
export interface Taken extends PackedEntry {
  /** The number of this attempt, from 1. */
  readonly attempt: number;
  readonly isSuspect: boolean;
}

export type TakeResult =
  /** Nothing was done, because the lease of the consumer had run out. */
  | { status: 'lost' }
  | {
      status: 'held';
      /** The server's time, in ms since 1970. */
      now: number;
      /** When the next delayed record is due. */
      due: number | undefined;
      /** The offset after which the next new record will come; undefined when there may be more records now. */
      waitBehind: string | undefined;
      /** Offsets of due records that are no longer in the stream. */
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
  return { body: undefined, attempt, isSuspect: isSuspect === 1, ...toEntry(entry) };
}

function toFirst({ offset, body, fields }: PackedEntry): Taken {
  return { offset, body, fields, attempt: 1, isSuspect: false };
}
