import { InvalidArgumentError, type NamesOf, refuseUnknownOptions, shown } from '@redpost/core';
import { Pace } from '@redpost/core/consuming';
import type { Partitions } from '../../partitions/partitions.js';
import { redrive } from '../../scripts/redrive.js';
import { editedBy } from './dead-edit.js';
import { type DeadEntry, parseEntry } from './dead-entry.js';
import { checkSelection, type DeadLetterSelection } from './dead-filter.js';
import type { DeadLetter } from './dead-letter.js';
import { type DeadList, deadListsOf } from './dead-list.js';
import { byList, countIn, untilNow } from './dead-lists.js';
import { chunk, resend } from './dead-resend.js';
import { findEntries } from './dead-search.js';
import { RedriveTarget } from './redrive-target.js';

/** Which dead letters to send again, where to and how fast. */
export interface RedriveOptions<Body = unknown, Input = Body> {
  /** Only these entries. Default: all there are now. Not together with `filter`. */
  entries?: readonly string[] | undefined;
  /** Only those that this means. */
  filter?: DeadLetterSelection<Body> | undefined;
  /** The queue that they go to, or its name: one of the same Redis. Default: the queue that they died in. */
  to?: string | { readonly name: string } | undefined;
  /**
   * Returns the body to send instead. Its key, headers and all else stay. The body that it is given is undefined if it
   * cannot be read; `letter.bytes` has it then. If it throws, the redrive rejects with its error.
   */
  map?: ((body: Body | undefined, letter: DeadLetter<Body>) => Input | Promise<Input>) | undefined;
  /** How many are sent per second at most, more than 0. Default: as fast as Redis does it. */
  ratePerSecond?: number | undefined;
  /** Ends it early. What was redriven until then stays so. */
  signal?: AbortSignal | undefined;
  /** Called after each part. */
  onProgress?: ((progress: RedriveProgress) => void) | undefined;
}

/** How far a redrive has come. */
export interface RedriveProgress {
  /** How many were sent again. */
  readonly redriven: number;
  /** How many dead letters were looked at. */
  readonly examined: number;
  /** How many there were when it began, or how many `entries` were given. */
  readonly of: number;
}

/** What a redrive has done. */
export interface RedriveResult extends RedriveProgress {
  /** True when the signal has ended it before it had looked at all. */
  readonly isInterrupted: boolean;
}

const optionNames: NamesOf<RedriveOptions> = {
  entries: true,
  filter: true,
  to: true,
  map: true,
  ratePerSecond: true,
  signal: true,
  onProgress: true,
};

/** Sends dead letters of a queue again, in parts, those of one of its lists after those of the other. */
export class Redrive<Body, Input> {
  readonly #partitions: Partitions;
  readonly #options: RedriveOptions<Body, Input>;
  readonly #filter: DeadLetterSelection<Body>;
  /** Undefined if they stay in their lists. */
  readonly #target: RedriveTarget | undefined;
  readonly #size: number;
  readonly #pace: Pace;
  #redriven = 0;
  #examined = 0;
  #of = 0;
  #isInterrupted = false;

  /** @throws InvalidArgumentError for an option that cannot work. */
  constructor(partitions: Partitions, options: RedriveOptions<Body, Input>) {
    refuseUnknownOptions('deadLetters.redrive()', options, optionNames);
    const { entries, filter, to, ratePerSecond, map } = options;
    if (entries && filter) {
      throw new InvalidArgumentError('redrive() takes entries or a filter, not both');
    }
    if (map !== undefined && typeof map !== 'function') {
      throw new InvalidArgumentError(`map is a function, got ${shown(map)}`);
    }
    this.#filter = filter ?? {};
    checkSelection(this.#filter);
    this.#partitions = partitions;
    this.#options = options;
    this.#target = RedriveTarget.of(to, partitions);
    this.#pace = new Pace(ratePerSecond, options.signal);
    this.#size = this.#pace.partOf(chunk);
  }

  async run(): Promise<RedriveResult> {
    const { entries, filter, map } = this.#options;
    const given = entries && [...new Set(entries)].map(parseEntry);
    const lists = await deadListsOf<Body>(this.#partitions);
    if (given) {
      this.#of = given.length;
      await this.#redriveGiven(lists, given);
    } else {
      this.#of = await countIn(lists);
      const isWhole = !filter && !map && !this.#target;
      for (const { list, last } of await untilNow(lists)) {
        if (isWhole) await this.#redriveAll(list, last);
        else await this.#redriveFound(list, last);
      }
    }
    const { redriven, examined, of } = this.#progress;
    return { redriven, examined, of, isInterrupted: this.#isInterrupted };
  }

  get #progress(): RedriveProgress {
    return { redriven: this.#redriven, examined: this.#examined, of: this.#of };
  }

  /** To be asked only while something is left to do. */
  #wasAborted(): boolean {
    if (this.#options.signal?.aborted) this.#isInterrupted = true;
    return this.#isInterrupted;
  }

  async #redriveGiven(
    lists: readonly DeadList<Body>[],
    given: readonly DeadEntry[],
  ): Promise<void> {
    const inNone = given.filter(({ at }) => at >= lists.length);
    let examined = inNone.length;
    for (const { list, ids } of byList(lists, given)) examined += await this.#send(list, ids);
    this.#examined = examined;
  }

  async #redriveAll({ connection, keys }: DeadList<Body>, last: string): Promise<void> {
    let from = '-';
    while (await this.#mayGoOn()) {
      const input = { keys, ranges: [{ from, to: last }], limit: this.#size };
      const ids = await connection.run(redrive, input);
      if (ids.length === 0) return;
      from = `(${ids.at(-1)}`;
      this.#examined += ids.length;
      this.#count(ids.length);
    }
  }

  async #redriveFound(list: DeadList<Body>, last: string): Promise<void> {
    if (this.#isInterrupted) return;
    for await (const { letters, examined } of findEntries(list, this.#filter, { last })) {
      if (this.#wasAborted() || (await this.#send(list, letters)) < letters.length) return;
      this.#examined += examined;
      this.#count(0);
    }
  }

  /** Returns how many of these were dealt with: fewer only if the signal has ended it. */
  async #send(list: DeadList<Body>, ids: readonly string[]): Promise<number> {
    const { map } = this.#options;
    const how = { edit: map && editedBy(list, map), target: this.#target };
    let done = 0;
    while (done < ids.length && (await this.#mayGoOn())) {
      const part = ids.slice(done, done + this.#size);
      this.#count(await resend(list, part, how));
      done += part.length;
    }
    return done;
  }

  /** Resolves to false when the signal has ended it. */
  async #mayGoOn(): Promise<boolean> {
    await this.#pace.mayGoOn(this.#redriven);
    return !this.#wasAborted();
  }

  #count(redriven: number): void {
    this.#redriven += redriven;
    this.#options.onProgress?.(this.#progress);
  }
}
