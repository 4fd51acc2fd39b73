import {
  InvalidArgumentError,
  isRedpostError,
  type NamesOf,
  RedpostError,
  type Script,
  shown,
  wholeNumber,
} from '@redpost/core';
import { pause } from '@redpost/core/consuming';
import type { ConsumedEnd, QueueContext } from '../context.js';
import type { Partitions } from '../partitions/partitions.js';
import { consumerOf } from '../scripts/recover.js';
import type {
  Place,
  SearchHeldInput,
  SearchHeldStep,
  SearchWaitingInput,
  SearchWaitingStep,
} from '../scripts/search.js';
import { stats } from '../scripts/stats.js';

/** How far a search has come. */
export interface SearchProgress {
  /** How many waiting messages it has looked at. */
  scanned: number;
  /** How many messages waited when it began, delayed ones included. */
  waiting: number;
}

/** How a message is looked for by its id, which takes time in a long queue: Redis looks at some thousands per ms. */
export interface SearchOptions {
  /** Ends the search: the call rejects with the reason of the signal. */
  signal?: AbortSignal | undefined;
  /** How many waiting messages are looked at in each partition, at least 1. Above that, the call rejects. Default: all. */
  maxScanned?: number | undefined;
  /** Called from time to time while the search goes on. */
  onProgress?: ((progress: SearchProgress) => void) | undefined;
}

export const searchOptionNames: NamesOf<SearchOptions> = {
  signal: true,
  maxScanned: true,
  onProgress: true,
};

/** @throws InvalidArgumentError for what cannot be the id of a message. */
export function checkId(id: string): void {
  if (typeof id === 'string' && id !== '') return;
  throw new InvalidArgumentError(`An id is a text that is not empty, got ${shown(id)}`);
}

/** A message was not found among the first `maxScanned` messages that wait. It may be one of the others. */
export class SearchLimitError extends RedpostError {
  declare readonly code: 'SEARCH_LIMIT';
  readonly id: string;

  constructor(id: string, scanned: number) {
    super(
      `The message ${JSON.stringify(id)} is not among the ${scanned} waiting messages that were looked at. ` +
        'It may be behind them: allow a larger maxScanned',
      { code: 'SEARCH_LIMIT' },
    );
    this.name = 'SearchLimitError';
    this.id = id;
  }
}

/** What is done with the message where it is found: the scripts of a search. */
export interface SearchScripts<Found, Input extends object> {
  waiting: Script<SearchWaitingInput & Input, SearchWaitingStep<Found>>;
  /** One that is `taken` has no receipt yet: it is looked for again soon. */
  held: Script<SearchHeldInput & Input, SearchHeldStep<Found, Found | 'taken'>>;
}

export interface Sought<Input extends object> {
  id: string;
  /** What else the scripts need. */
  input: Input;
  order: 'fifo' | 'lifo';
  options: SearchOptions;
}

/** How long to wait for a consumer that gives a receipt to what a blocking move has brought, in ms. */
const takenPauseMs = 20;
/** How many keys' lists one call looks through at most. */
const keysPerCall = 500;

/**
 * Looks for a message by its id, and acts on it where it is found. Resolves to undefined if it is nowhere.
 *
 * First those that consumers hold, and delayed ones, which are few as a rule. Then the others that wait, by calls of limited size. A message may move
 * meanwhile: from the list, which is the longest place, it can only move on, so the others and those that are held are
 * looked through once more behind it, and then again for one that was retried at that moment.
 */
export async function search<Found, Input extends object>(
  context: QueueContext,
  scripts: SearchScripts<Found, Input>,
  sought: Sought<Input>,
): Promise<Found | undefined> {
  const searching = new Searching(context, scripts, sought);
  await searching.begin();
  return (
    (await searching.held()) ??
    (await searching.delayed()) ??
    (await searching.inbox()) ??
    (await searching.others()) ??
    (await searching.held()) ??
    (await searching.others()) ??
    (await searching.held())
  );
}

/** The same in all lists of a queue, one after the other. Resolves to the list, too, in which it is. */
export async function searchLists<Found, Input extends object, Body>(
  partitions: Partitions,
  scripts: SearchScripts<Found, Input>,
  sought: Sought<Input>,
): Promise<{ found: Found; list: QueueContext<Body> } | undefined> {
  let limited: unknown;
  for (const list of await partitions.all()) {
    try {
      const found = await search(list as QueueContext, scripts, sought);
      if (found !== undefined) return { found, list: list as QueueContext<Body> };
    } catch (error) {
      if (!isRedpostError(error, 'SEARCH_LIMIT')) throw error;
      limited = error;
    }
  }
  if (limited) throw limited;
  return undefined;
}

/** The same, but only among those that consumers hold. */
export function searchHeld<Found>(
  context: QueueContext,
  held: Script<SearchHeldInput, SearchHeldStep<Found, Found>>,
  sought: Sought<object>,
): Promise<Found | undefined> {
  return new HeldSearch<Found, object>(context, held, sought).run();
}

/** Among the messages that consumers hold. */
class HeldSearch<Found, Input extends object> {
  readonly #context: QueueContext;
  readonly #script: SearchScripts<Found, Input>['held'];
  readonly #sought: Sought<Input>;

  constructor(
    context: QueueContext,
    script: SearchScripts<Found, Input>['held'],
    sought: Sought<Input>,
  ) {
    this.#context = context;
    this.#script = script;
    this.#sought = sought;
  }

  async run(): Promise<Found | undefined> {
    for (;;) {
      const { connection, keys } = this.#context;
      const members = (await connection.call('ZRANGE', [keys.consumers, 0, -1])) as Buffer[];
      const consumers = new Set(members.map((member) => consumerOf(String(member))));
      const results = await Promise.all([...consumers].map((each) => this.#heldBy(each)));
      const found = results.find((each) => each !== undefined && each !== 'taken');
      if (found !== undefined) return found as Found;
      if (!results.includes('taken')) return undefined;
      await pause(takenPauseMs);
      this.#sought.options.signal?.throwIfAborted();
    }
  }

  async #heldBy(consumer: string): Promise<Found | 'taken' | undefined> {
    const { id, input } = this.#sought;
    const { keys, connection } = this.#context;
    for (let after = ''; ; ) {
      const about = { ...input, keys, id, consumer, after };
      const step = await connection.run(this.#script, about);
      if (step.status !== 'on') return step.found;
      if (step.after === '') return undefined;
      after = step.after;
    }
  }
}

class Searching<Found, Input extends object> {
  readonly #context: QueueContext;
  readonly #scripts: SearchScripts<Found, Input>;
  readonly #sought: Sought<Input>;
  readonly #from: ConsumedEnd;
  #scanned = 0;
  #waiting = 0;

  constructor(context: QueueContext, scripts: SearchScripts<Found, Input>, sought: Sought<Input>) {
    this.#context = context;
    this.#scripts = scripts;
    this.#sought = sought;
    this.#from = sought.order === 'lifo' ? 'LEFT' : 'RIGHT';
    const { maxScanned } = sought.options;
    if (maxScanned !== undefined) wholeNumber('maxScanned', maxScanned, { min: 1 });
  }

  async begin(): Promise<void> {
    this.#sought.options.signal?.throwIfAborted();
    if (!this.#sought.options.onProgress) return;
    const { connection, keys } = this.#context;
    const { pending, delayed } = await connection.run(stats, { keys });
    this.#waiting = pending + delayed;
  }

  /** Among those that consumers hold. */
  held(): Promise<Found | undefined> {
    return new HeldSearch(this.#context, this.#scripts.held, this.#sought).run();
  }

  delayed(): Promise<Found | undefined> {
    return this.#waitingIn([{ kind: 'delayed' }, { kind: 'debounced' }]);
  }

  inbox(): Promise<Found | undefined> {
    return this.#waitingIn([{ kind: 'list' }]);
  }

  /** Everywhere else where messages wait. */
  async others(): Promise<Found | undefined> {
    const { connection, keys } = this.#context;
    const declared = await connection.call('HMGET', [keys.shape, 'levels', 'keys']);
    const [hasLevels, hasKeys] = declared as (Buffer | null)[];
    const levels = hasLevels ? Array.from({ length: 10 }, (_, level) => level) : [4];
    const places: Place[] = [{ kind: 'delayed' }, { kind: 'debounced' }];
    for (const name of levels) places.push({ kind: 'suspects', name }, { kind: 'level', name });
    return (await this.#waitingIn(places)) ?? (hasKeys ? this.#waitingByKey() : undefined);
  }

  async #waitingByKey(): Promise<Found | undefined> {
    const { connection, keys } = this.#context;
    let cursor = '0';
    do {
      const reply = await connection.call('ZSCAN', [keys.keysByAge, cursor, 'COUNT', keysPerCall]);
      const [next, members] = reply as [Buffer, Buffer[]];
      cursor = String(next);
      const places = members
        .filter((_, at) => at % 2 === 0)
        .map((key): Place => ({ kind: 'key', name: String(key) }));
      const found = await this.#waitingIn(places);
      if (found !== undefined) return found;
    } while (cursor !== '0');
    return undefined;
  }

  async #waitingIn(all: readonly Place[]): Promise<Found | undefined> {
    const { id, input, options } = this.#sought;
    const { keys, connection } = this.#context;
    let at = '';
    for (let places = all; places.length > 0; ) {
      options.signal?.throwIfAborted();
      const some = places.slice(0, keysPerCall);
      const about = { ...input, keys, id, from: this.#from, places: some, at };
      const step = await connection.run(this.#scripts.waiting, about);
      if (step.status === 'found') return step.found;
      places = places.slice(step.placesDone);
      at = step.at;
      this.#note(step.seen);
    }
    return undefined;
  }

  #note(seen: number): void {
    this.#scanned += seen;
    const { id, options } = this.#sought;
    options.onProgress?.({ scanned: this.#scanned, waiting: this.#waiting });
    if (this.#scanned > (options.maxScanned ?? Number.POSITIVE_INFINITY)) {
      throw new SearchLimitError(id, this.#scanned);
    }
  }
}
