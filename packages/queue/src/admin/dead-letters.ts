import { type Complete, type NamesOf, refuseUnknownOptions, wholeNumber } from '@redpost/core';
import type { Partitions } from '../partitions/partitions.js';
import {
  boundsFields,
  boundsOf,
  checkedBounds,
  type DeadLetterBounds,
} from '../shape/dead-letter-bounds.js';
import { declareBounds } from '../shape/declaring-bounds.js';
import { addDeadLetters, type NewDeadLetter, type Preparing } from './dead/dead-add.js';
import { parseEntry } from './dead/dead-entry.js';
import { checkSelection, type DeadLetterSelection } from './dead/dead-filter.js';
import { type DeadLetterGroups, type GroupsOptions, groupsOf } from './dead/dead-groups.js';
import type { DeadLetter } from './dead/dead-letter.js';
import { deadListsOf } from './dead/dead-list.js';
import { byList, countIn, readEntries, readFirst, sumOf } from './dead/dead-lists.js';
import { Redrive, type RedriveOptions, type RedriveResult } from './dead/dead-redrive.js';

/** Which dead letters to list. */
export interface ListOptions<Body = unknown> {
  /** How many at most. Default 100. */
  limit?: number | undefined;
  /** The `entry` after which to start. Default: the oldest one. */
  after?: string | undefined;
  /** Only those that this means. All dead letters are looked at until `limit` are found. Default: all. */
  filter?: DeadLetterSelection<Body> | undefined;
  /**
   * How many bytes of a body to read at most, at least 0. Of a dead letter whose body is larger, `body` is undefined, and
   * `bytes` has the beginning. A function as `filter` gets whole bodies all the same. Default: bodies are read whole.
   */
  maxBodyBytes?: number | undefined;
}

const listOptionNames: NamesOf<ListOptions> = {
  limit: true,
  after: true,
  filter: true,
  maxBodyBytes: true,
};

/** The messages of a queue that were given up: of one with partitions, those of all its lists together. */
export class DeadLetters<Body = unknown, Input = Body> {
  readonly #partitions: Partitions;
  readonly #producer: () => Preparing<Body, Input>;
  readonly #endDeclaration: () => Promise<void> | undefined;

  /**
   * @param producer returns what makes messages of the queue.
   * @param endDeclaration stops what the queue's constructor may still be declaring.
   */
  constructor(
    partitions: Partitions,
    producer: () => Preparing<Body, Input>,
    endDeclaration: () => Promise<void> | undefined,
  ) {
    this.#partitions = partitions;
    this.#producer = producer;
    this.#endDeclaration = endDeclaration;
  }

  /**
   * The oldest first.
   *
   * @throws InvalidArgumentError for an option that cannot work.
   */
  async list(options: ListOptions<Body> = {}): Promise<DeadLetter<Body>[]> {
    refuseUnknownOptions('deadLetters.list()', options, listOptionNames);
    const { limit = 100, after, filter, maxBodyBytes } = options;
    wholeNumber('limit', limit, { min: 1 });
    if (maxBodyBytes !== undefined) wholeNumber('maxBodyBytes', maxBodyBytes, { min: 0 });
    if (filter) checkSelection(filter);
    const wanted = { filter, limit, after: after === undefined ? undefined : parseEntry(after) };
    const read = await readFirst(await deadListsOf<Body>(this.#partitions), wanted, maxBodyBytes);
    return read.map(({ letter }) => letter);
  }

  /** The dead letter with this `entry`, or undefined. @throws InvalidArgumentError for what is no entry. */
  async get(entry: string): Promise<DeadLetter<Body> | undefined> {
    const where = parseEntry(entry);
    const [found] = await readEntries(await deadListsOf<Body>(this.#partitions), [where]);
    return found?.letter;
  }

  /**
   * Counts the dead letters by reason and by kind of error: numbers, ids and addresses in the text of an error make no
   * difference. Looks at all of them, about a megabyte at a time, without their bodies.
   *
   * @throws InvalidArgumentError for an option that cannot work.
   */
  async groups(options: GroupsOptions = {}): Promise<DeadLetterGroups> {
    return groupsOf(this.#partitions, options);
  }

  /**
   * Adds messages that were given up elsewhere, e.g. the failed jobs of another system, in their order. They are counted in
   * no statistics, and their `diedAt` is now. Resolves to the `entry` of each.
   *
   * All are checked before any is added. Those of one call of Redis, 250 or half a megabyte, are added at once; so if a later
   * call fails, the earlier ones stay. Equal ids are not detected: before you repeat an import, look for what is there, or
   * give each an `id` and remove what is twice.
   *
   * ```ts
   * await queue.deadLetters.add([
   *   { body: job.data, id: job.id, attempt: 5, reason: 'failed', error: 'connect ECONNREFUSED' },
   * ]);
   * ```
   *
   * @throws InvalidArgumentError, EncodeError, ValidationError, ClosedError: none was added.
   */
  async add(letters: readonly NewDeadLetter<Input>[]): Promise<string[]> {
    return addDeadLetters(this.#partitions, this.#producer(), letters);
  }

  /** How many there are. */
  async count(): Promise<number> {
    return countIn(await this.#partitions.all());
  }

  /** What was declared for this queue by any object or process: `Infinity` where there is no bound. */
  async bounds(): Promise<Complete<DeadLetterBounds>> {
    const { connection, keys } = this.#partitions.main;
    const fields = await connection.call('HMGET', [keys.shape, ...boundsFields]);
    return boundsOf(...(fields as (Buffer | null)[]).map((field) => field?.toString()));
  }

  /**
   * Bounds the dead letters of the queue, for all its consumers in every process, as the option `deadLetters` of the
   * constructor does, and deletes those that are above the bounds. Resolves when that is done.
   *
   * @throws InvalidArgumentError for bounds that cannot work: nothing is changed.
   */
  async setBounds(bounds: DeadLetterBounds | 'unbounded'): Promise<void> {
    const checked = checkedBounds(bounds);
    await this.#endDeclaration();
    await declareBounds(await this.#partitions.all(), checked);
  }

  /**
   * Sends dead letters again, as if they were new: attempts start from 1, and an expiry that has passed is left out.
   * They are delivered before the messages in the list, oldest first, and clients with plain RPOP do not see them. Those
   * that die meanwhile are not among them. In a queue with partitions, each stays in its partition.
   *
   * Each is moved at once or not at all, so none is lost and none is doubled. With `to`, a queue has another slot: there
   * they are sent first and deleted then. If the process dies in between, some are in both places: the same redrive,
   * within an hour, deletes them without sending them again; a redrive to a third queue would double them. Into
   * a queue with partitions they go as sends would; if their number has changed in between, some would be doubled.
   *
   * @throws InvalidArgumentError for an option that cannot work. EncodeError, ValidationError, and what `map` or the
   * filter throws: what was redriven until then stays so.
   */
  async redrive(options: RedriveOptions<Body, Input> = {}): Promise<RedriveResult> {
    return new Redrive(this.#partitions, options).run();
  }

  /**
   * Sends one dead letter again with another body. Resolves to false when there is no such entry any more.
   *
   * @throws InvalidArgumentError, EncodeError, ValidationError: nothing has changed.
   */
  async editAndRedrive(entry: string, body: Input): Promise<boolean> {
    const { redriven } = await this.redrive({ entries: [entry], map: () => body });
    return redriven > 0;
  }

  /** Deletes these entries; resolves to how many there were. */
  async remove(entries: readonly string[]): Promise<number> {
    if (entries.length === 0) return 0;
    const given = entries.map(parseEntry);
    const lists = await deadListsOf<Body>(this.#partitions);
    return sumOf(byList(lists, given), ({ list: { connection, keys }, ids }) =>
      connection.call('XDEL', [keys.dead, ...ids]),
    );
  }

  /** Deletes all dead letters; resolves to how many there were. */
  async purge(): Promise<number> {
    return sumOf(await this.#partitions.all(), ({ connection, keys }) =>
      connection.call('XTRIM', [keys.dead, 'MAXLEN', 0]),
    );
  }
}
