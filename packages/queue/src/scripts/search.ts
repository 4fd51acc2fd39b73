import { type Argument, defineScript, type Script, type ScriptPart } from '@redpost/core';
import { mostBytesPart } from '@redpost/core/consuming';
import type { ConsumedEnd } from '../context.js';
import type { QueueKeys } from '../keys.js';
import { findingPart, handoffPart, heldPart, levelsPart } from './parts/parts.js';
import {
  debouncedKeys,
  heldKeys,
  memberArgs,
  memberKeys,
  namedKeys,
  placeArgs,
  placeKeys,
  resultArgs,
} from './script-keys.js';
import heldSource from './search-held.lua';
import waitingSource from './search-waiting.lua';

/** Where messages wait: all kinds but the list have a name, which is a level or a key. */
export interface Place {
  kind: 'list' | 'level' | 'suspects' | 'key' | 'delayed' | 'debounced';
  name?: number | string;
}

interface SearchInput {
  keys: QueueKeys;
  id: string;
}

export interface SearchWaitingInput extends SearchInput {
  places: readonly Place[];
  /** Where to go on in the first place; empty for its beginning. */
  at: string;
  /** The end of the list that consumers of this queue read. */
  from: ConsumedEnd;
}

/** What one step of a search has found, or where the next one goes on. */
export type SearchWaitingStep<Found> = { seen: number } & (
  | { status: 'found'; found: Found }
  | { status: 'on'; placesDone: number; at: string }
);

export interface SearchHeldInput extends SearchInput {
  consumer: string;
  /** The receipt after which to go on; empty at the beginning. */
  after: string;
}

export type SearchHeldStep<Found, Brought> =
  | { status: 'held'; found: Found }
  /** A blocking move has brought it, and the server does not know its receipt yet. */
  | { status: 'brought'; found: Brought }
  /** The receipt after which to go on; empty at the end. */
  | { status: 'on'; after: string };

/** What is done with the message that a search has found. */
interface SearchDefinition<Input> {
  name: string;
  /** Defines the functions that the script calls for the message. */
  acts: ScriptPart;
  args?: Record<string, (input: Input) => Argument>;
}

const searchArgs = {
  id: ({ id }: SearchInput) => id,
  id_json: ({ id }: SearchInput) => JSON.stringify(id),
  ...placeArgs,
  ...resultArgs,
  ...memberArgs,
};

/** A script that looks for a message that waits, and acts on it in the same step. */
export function defineSearchWaiting<Input extends SearchWaitingInput, Found>({
  name,
  acts,
  args,
  found,
}: SearchDefinition<Input> & { found(reply: unknown): Found }): Script<
  Input,
  SearchWaitingStep<Found>
> {
  return defineScript<Input, SearchWaitingStep<Found>>({
    name,
    uses: [mostBytesPart, levelsPart, findingPart, acts],
    keys: namedKeys(
      'list',
      'delayed',
      'consumers',
      'stats',
      'once',
      ...debouncedKeys,
      ...placeKeys,
      ...memberKeys,
    ),
    args: {
      ...searchArgs,
      from: ({ from }) => from,
      at: ({ at }) => at,
      ...args,
    },
    rest: ({ places }) => places.flatMap(({ kind, name: placeName = '' }) => [kind, placeName]),
    lua: waitingSource,
    looksFirst: () => true,
    parse(reply) {
      const [seen, isFound, result, at] = reply as [number, number, unknown, unknown];
      if (isFound === 1) return { seen, status: 'found', found: found(result) };
      return { seen, status: 'on', placesDone: Number(result), at: String(at) };
    },
  });
}

/** A script that looks for a message among those that a consumer holds, and acts on it in the same step. */
export function defineSearchHeld<Input extends SearchHeldInput, Found, Brought>({
  name,
  acts,
  args,
  held,
  brought,
}: SearchDefinition<Input> & {
  held(reply: unknown): Found;
  brought(reply: unknown): Brought;
}): Script<Input, SearchHeldStep<Found, Brought>> {
  return defineScript<Input, SearchHeldStep<Found, Brought>>({
    name,
    uses: [mostBytesPart, heldPart, handoffPart, findingPart, acts],
    keys: namedKeys(
      'list',
      'consumers',
      'stats',
      'cancelled',
      ...placeKeys,
      ...heldKeys,
      ...memberKeys,
    ),
    args: {
      ...searchArgs,
      consumer: ({ consumer }) => consumer,
      after: ({ after }) => after,
      ...args,
    },
    lua: heldSource,
    looksFirst: () => true,
    parse(reply) {
      const [status, result] = reply as [number, unknown];
      if (status === 1) return { status: 'held', found: held(result) };
      if (status === 2) return { status: 'brought', found: brought(result) };
      return { status: 'on', after: String(result) };
    },
  });
}
