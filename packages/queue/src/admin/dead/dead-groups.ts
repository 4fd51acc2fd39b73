import { type NamesOf, refuseUnknownOptions, wholeNumber } from '@redpost/core';
import { fingerprint, normalised } from '@redpost/core/consuming';
import type { Partitions } from '../../partitions/partitions.js';
import type { SurveyedLetter } from '../../scripts/survey-dead.js';
import { entryOf } from './dead-entry.js';
import { checkFilter, type DeadLetterFilter, isMeant, namesIn } from './dead-filter.js';
import { diedAt } from './dead-letter.js';
import { deadListsOf } from './dead-list.js';
import { countIn, untilNow } from './dead-lists.js';
import { survey } from './dead-search.js';

/** Dead letters with the same reason and the same kind of error. */
export interface DeadLetterGroup {
  readonly reason: string;
  /** The error, with numbers, ids and addresses replaced by `<n>`, `<id>` and `<address>`. */
  readonly error: string;
  /** A short name of this text, for filters. */
  readonly fingerprint: string;
  readonly count: number;
  /** When the first and the last one of them died. */
  readonly first: Date;
  readonly last: Date;
  /** The newest one of them: its id, if it has one, and its entry. */
  readonly sample: { readonly id: string | undefined; readonly entry: string };
}

/** How far a search among the dead letters has come. */
export interface DeadLetterProgress {
  /** How many dead letters were looked at. */
  readonly examined: number;
  /** How many there were when it began. */
  readonly of: number;
}

/** Which dead letters to group. */
export interface GroupsOptions {
  /** Only these. Default: all. */
  filter?: DeadLetterFilter | undefined;
  /** How many groups at most: the largest ones. Default 100. */
  limit?: number | undefined;
  /** Ends the search early: the result is of what was looked at until then. */
  signal?: AbortSignal | undefined;
  /** Called after each part of the dead letters. */
  onProgress?: ((progress: DeadLetterProgress) => void) | undefined;
}

/** The groups, and whether they are of all dead letters. */
export interface DeadLetterGroups extends DeadLetterProgress {
  /** The largest first. */
  readonly groups: DeadLetterGroup[];
  /** True when the signal has ended it. */
  readonly isInterrupted: boolean;
}

const optionNames: NamesOf<GroupsOptions> = {
  filter: true,
  limit: true,
  signal: true,
  onProgress: true,
};

/** So many different groups are counted; the letters of further ones are counted together. */
const mostGroups = 10_000;
/** What they have instead of an error. */
const others = '(others)';

type Counted = { -readonly [Name in keyof DeadLetterGroup]: DeadLetterGroup[Name] };

/** Counts the dead letters by reason and kind of error. Their bodies are not read. */
export async function groupsOf(
  partitions: Partitions,
  options: GroupsOptions,
): Promise<DeadLetterGroups> {
  refuseUnknownOptions('deadLetters.groups()', options, optionNames);
  const { filter = {}, limit = 100, signal, onProgress } = options;
  wholeNumber('limit', limit, { min: 1 });
  checkFilter(filter);
  const lists = await deadListsOf(partitions);
  const of = await countIn(lists);
  const counted = new GroupCounter();
  let examined = 0;
  let isInterrupted = false;
  for (const { list, last } of await untilNow(lists)) {
    if (isInterrupted) break;
    for await (const found of survey(list, filter, { last })) {
      isInterrupted = signal?.aborted === true;
      if (isInterrupted) break;
      for (const letter of found.letters) if (isMeant(filter, letter)) counted.add(letter, list.at);
      examined += found.examined;
      onProgress?.({ examined, of });
    }
  }
  return { groups: counted.largest(limit), examined, of, isInterrupted };
}

class GroupCounter {
  readonly #groups = new Map<string, Counted>();
  /** Most errors come again with the same text. */
  readonly #texts = new Map<string, string>();

  /** @param at of the list that it is in. The letters of each list come oldest first. */
  add(letter: SurveyedLetter, at: number): void {
    const died = diedAt(letter.entry);
    const group = this.#groupOf(letter, died);
    group.count += 1;
    if (died < group.first) group.first = died;
    if (died < group.last) return;
    group.last = died;
    group.sample = { id: namesIn(letter).id, entry: entryOf({ at, id: letter.entry }) };
  }

  largest(limit: number): DeadLetterGroup[] {
    return [...this.#groups.values()].sort((a, b) => b.count - a.count).slice(0, limit);
  }

  #groupOf({ reason, error, entry }: SurveyedLetter, died: Date): Counted {
    const text = this.#normalised(error);
    const name = `${reason}\n${text}`;
    const isFull = this.#groups.size >= mostGroups && !this.#groups.has(name);
    const found = this.#groups.get(isFull ? others : name);
    if (found) return found;
    const group: Counted = {
      reason: isFull ? '' : reason,
      error: isFull ? others : text,
      fingerprint: isFull ? '' : fingerprint(error),
      count: 0,
      first: died,
      last: died,
      sample: { id: undefined, entry },
    };
    this.#groups.set(isFull ? others : name, group);
    return group;
  }

  #normalised(error: string): string {
    const known = this.#texts.get(error);
    if (known !== undefined) return known;
    const text = normalised(error);
    if (this.#texts.size < mostGroups) this.#texts.set(error, text);
    return text;
  }
}
