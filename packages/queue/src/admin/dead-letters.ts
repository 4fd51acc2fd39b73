import {
  type Complete,
  InvalidArgumentError,
  type NamesOf,
  refuseUnknownOptions,
  shown,
  wholeNumber,
} from '@redpost/core';
import { type EntryReply, entriesOf, newestId, withShortJson } from '@redpost/core/consuming';
import type { QueueContext } from '../context.js';
import { readStored, type StoredMessage } from '../message/stored-message.js';
import { redrive } from '../scripts/redrive.js';
import {
  boundsFields,
  boundsOf,
  checkedBounds,
  type DeadLetterBounds,
} from '../shape/dead-letter-bounds.js';
import { declareBounds } from '../shape/declaring-bounds.js';

/** A message that is not delivered any more, and why. */
export interface DeadLetter<Body = unknown> extends StoredMessage<Body> {
  /** Where it stands among the dead letters: for `redrive`, `remove`, and to list on from. */
  readonly entry: string;
  /** E.g. `failed`, `crashed`, `malformed`, `invalid`, or what a handler said. */
  readonly reason: string;
  /** The message of the last error; may be empty. */
  readonly error: string;
  /** By the server's clock. */
  readonly diedAt: Date;
}

/** Which dead letters to list. */
export interface ListOptions {
  /** How many at most. Default 100. */
  limit?: number | undefined;
  /** The `entry` after which to start. Default: the oldest one. */
  after?: string | undefined;
}

/** Which dead letters to send again. */
export interface RedriveOptions {
  /** Only these entries. Default: all there are now. */
  entries?: readonly string[] | undefined;
}

const listOptionNames: NamesOf<ListOptions> = { limit: true, after: true };
const redriveOptionNames: NamesOf<RedriveOptions> = { entries: true };

/** How many one script moves: it holds up everything else meanwhile. */
const chunk = 200;

/** The messages of a queue that were given up. */
export class DeadLetters<Body = unknown> {
  readonly #context: QueueContext<Body>;
  readonly #endDeclaration: () => Promise<void> | undefined;

  /** @param endDeclaration stops what the queue's constructor may still be declaring. */
  constructor(context: QueueContext<Body>, endDeclaration: () => Promise<void> | undefined) {
    this.#context = context;
    this.#endDeclaration = endDeclaration;
  }

  /** The oldest first. */
  async list(options: ListOptions = {}): Promise<DeadLetter<Body>[]> {
    refuseUnknownOptions('deadLetters.list()', options, listOptionNames);
    const { limit = 100, after } = options;
    wholeNumber('limit', limit, { min: 1 });
    const from = after === undefined ? '-' : `(${checkEntry(after)}`;
    const { connection, keys } = this.#context;
    const entries = await entriesOf(connection, { stream: keys.dead, from, to: '+', limit });
    return Promise.all(entries.map((entry) => this.#read(entry)));
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
    await declareBounds(this.#context as QueueContext, checked);
  }

  /**
   * Sends dead letters again, as if they were new: attempts start from 1. They are delivered before the messages
   * in the list, oldest first, and clients with plain RPOP do not see them. Resolves to how many.
   * Each is moved at once or not at all, so none is lost and none is doubled.
   */
  async redrive(options: RedriveOptions = {}): Promise<number> {
    refuseUnknownOptions('deadLetters.redrive()', options, redriveOptionNames);
    const { entries } = options;
    if (entries) return this.#redriveThese(entries);
    const { connection, keys } = this.#context;
    const last = await connection.run(newestId, keys.dead);
    let from = '-';
    let total = 0;
    while (last !== undefined) {
      const sent = await this.#redrive(from, last, chunk);
      total += sent.length;
      if (sent.length === 0) break;
      from = `(${sent.at(-1)}`;
    }
    return total;
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

  async #redriveThese(entries: readonly string[]): Promise<number> {
    const moves = entries.map(checkEntry).map((entry) => this.#redrive(entry, entry, 1));
    const sent = await Promise.all(moves);
    return sent.flat().length;
  }

  #redrive(from: string, to: string, limit: number): Promise<string[]> {
    const { connection, keys } = this.#context;
    return connection.run(redrive, { keys, from, to, limit });
  }

  async #read([entryId, fields]: EntryReply): Promise<DeadLetter<Body>> {
    const entry = String(entryId);
    const element = valueAt(fields, 'element') ?? Buffer.alloc(0);
    return withShortJson({
      ...(await readStored(this.#context, element)),
      entry,
      reason: String(valueAt(fields, 'reason') ?? ''),
      error: String(valueAt(fields, 'error') ?? ''),
      diedAt: new Date(Number(entry.split('-')[0])),
    });
  }
}

/** Names stand at even places: a value may be the name of another field. */
function valueAt(fields: readonly Buffer[], name: string): Buffer | undefined {
  for (let at = 0; at < fields.length; at += 2) {
    if (String(fields[at]) === name) return fields[at + 1];
  }
  return undefined;
}

function checkEntry(entry: string): string {
  if (typeof entry === 'string' && /^\d+-\d+$/.test(entry)) return entry;
  throw new InvalidArgumentError(`An entry looks like 1700000000000-0, got ${shown(entry)}`);
}
