import { type Complete, type NamesOf, refuseUnknownOptions, wholeNumber } from '@redpost/core';
import type { QueueContext } from '../context.js';
import type { Prepare } from '../outbox/follow-up.js';
import type { Partitions } from '../partitions/partitions.js';
import {
  boundsFields,
  boundsOf,
  checkedBounds,
  type DeadLetterBounds,
} from '../shape/dead-letter-bounds.js';
import { declareBounds } from '../shape/declaring-bounds.js';
import { addDeadLetters, type NewDeadLetter } from './dead/dead-add.js';
import type { DeadLetterSelection } from './dead/dead-filter.js';
import { type DeadLetterGroups, type GroupsOptions, groupsOf } from './dead/dead-groups.js';
import { checkEntry, type DeadLetter } from './dead/dead-letter.js';
import { Redrive, type RedriveOptions, type RedriveResult } from './dead/dead-redrive.js';
import { findEntries, readEntries, readRange } from './dead/dead-search.js';

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

/** The messages of a queue that were given up. */
export class DeadLetters<Body = unknown, Input = Body> {
  readonly #partitions: Partitions;
  readonly #context: QueueContext<Body>;
  readonly #prepare: Prepare;
  readonly #endDeclaration: () => Promise<void> | undefined;

  /**
   * @param prepare makes a message of the queue.
   * @param endDeclaration stops what the queue's constructor may still be declaring.
   */
  constructor(
    partitions: Partitions,
    prepare: Prepare,
    endDeclaration: () => Promise<void> | undefined,
  ) {
    this.#partitions = partitions;
    this.#context = partitions.known[0] as QueueContext<Body>;
    this.#prepare = prepare;
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
    if (after !== undefined) checkEntry(after);
    const from = after === undefined ? '-' : `(${after}`;
    const read = filter
      ? await readEntries(this.#context, await this.#find(filter, limit, after), maxBodyBytes)
      : await readRange(this.#context, { from, to: '+', limit, maxBodyBytes });
    return read.map(({ letter }) => letter);
  }

  /** The dead letter with this `entry`, or undefined. @throws InvalidArgumentError for what is no entry. */
  async get(entry: string): Promise<DeadLetter<Body> | undefined> {
    const [found] = await readEntries(this.#context, [checkEntry(entry)]);
    return found?.letter;
  }

  /**
   * Counts the dead letters by reason and by kind of error: numbers, ids and addresses in the text of an error make no
   * difference. Looks at all of them, about a megabyte at a time, without their bodies.
   *
   * @throws InvalidArgumentError for an option that cannot work.
   */
  async groups(options: GroupsOptions = {}): Promise<DeadLetterGroups> {
    return groupsOf(this.#context as QueueContext, options);
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
    return addDeadLetters(this.#context, this.#prepare, letters);
  }

  /** How many there are. */
  async count(): Promise<number> {
    const { connection, keys } = this.#context;
    return (await connection.call('XLEN', [keys.dead])) as number;
  }

  /** What was declared for this queue by any object or process: `Infinity` where there is no bound. */
  async bounds(): Promise<Complete<DeadLetterBounds>> {
    const { connection, keys } = this.#context;
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
   * that die meanwhile are not among them.
   *
   * Each is moved at once or not at all, so none is lost and none is doubled. With `to`, a queue has another slot: there
   * they are sent first and deleted then. If the process dies in between, some are in both places: the same redrive,
   * within an hour, deletes them without sending them again; a redrive to a third queue would double them.
   *
   * @throws InvalidArgumentError for an option that cannot work. EncodeError, ValidationError, and what `map` or the
   * filter throws: what was redriven until then stays so.
   */
  async redrive(options: RedriveOptions<Body, Input> = {}): Promise<RedriveResult> {
    return new Redrive(this.#context, options).run();
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
    const { connection, keys } = this.#context;
    return (await connection.call('XDEL', [keys.dead, ...entries.map(checkEntry)])) as number;
  }

  /** Deletes all dead letters; resolves to how many there were. */
  async purge(): Promise<number> {
    const { connection, keys } = this.#context;
    return (await connection.call('XTRIM', [keys.dead, 'MAXLEN', 0])) as number;
  }

  /** The entries of those that a filter means, `limit` at most. */
  async #find(
    filter: DeadLetterSelection<Body>,
    limit: number,
    after: string | undefined,
  ): Promise<string[]> {
    const entries: string[] = [];
    for await (const { letters } of findEntries(this.#context, filter, after)) {
      entries.push(...letters);
      if (entries.length >= limit) break;
    }
    return entries.slice(0, limit);
  }
}
