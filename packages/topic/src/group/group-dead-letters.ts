import { type NamesOf, refuseUnknownOptions, wholeNumber } from '@redpost/core';
import { behind, compareEntries, parseEntry } from './dead-entry.js';
import { type DeadRecord, peekDeadRecords, readDeadRecord } from './dead-record.js';
import { type DeadRecordRedriveOptions, redriveDead } from './dead-redrive.js';
import type { GroupContext } from './group-context.js';
import type { GroupPartition } from './group-partitions.js';

/** Which dead letters to list. */
export interface DeadRecordListOptions {
  /** How many at most. Default 100. */
  limit?: number | undefined;
  /** The `entry` after which to start. Default: the oldest one. */
  after?: string | undefined;
  /**
   * How many bytes of a body to read at most, at least 0. Of a dead letter whose body is larger, `body` is undefined, and `bytes` has the
   * beginning. Default: bodies are read whole.
   */
  maxBodyBytes?: number | undefined;
}

const listOptionNames: NamesOf<DeadRecordListOptions> = {
  limit: true,
  after: true,
  maxBodyBytes: true,
};

/** The dead letters of a group. */
export class GroupDeadLetters<Body = unknown, Input = Body> {
  readonly #context: GroupContext<Body>;

  constructor(context: GroupContext<Body>) {
    this.#context = context;
  }

  /** Lists dead letters, oldest first. */
  async list(options: DeadRecordListOptions = {}): Promise<DeadRecord<Body>[]> {
    refuseUnknownOptions('deadLetters.list()', options, listOptionNames);
    const { limit = 100, after, maxBodyBytes } = options;
    wholeNumber('limit', limit, { min: 1 });
    if (maxBodyBytes !== undefined) wholeNumber('maxBodyBytes', maxBodyBytes, { min: 0 });
    const last = after === undefined ? undefined : parseEntry(after);
    await this.#context.topic.generations.checked();
    const lists = await Promise.all(
      this.#context.partitions.all.map(({ number: partition }) => {
        const from = last ? behind(last, partition) : '-';
        const range = { from, to: '+', limit, maxBodyBytes };
        return peekDeadRecords(this.#context as GroupContext, partition, range);
      }),
    );
    const oldest = lists.flat().sort(compareEntries).slice(0, limit);
    return Promise.all(oldest.map((peeked) => readDeadRecord(this.#context, peeked)));
  }

  /** The dead letter of this name, or undefined. @throws InvalidArgumentError for what is no name. */
  async get(entry: string): Promise<DeadRecord<Body> | undefined> {
    const { partition, id } = parseEntry(entry);
    const range = { from: id, to: id, limit: 1 };
    await this.#context.topic.generations.checked();
    const [found] = await peekDeadRecords(this.#context as GroupContext, partition, range);
    return found && readDeadRecord(this.#context, found);
  }

  /** How many there are. */
  count(): Promise<number> {
    return this.#total(({ keys }) => this.#context.topic.connection.call('XLEN', [keys.dead]));
  }

  /**
   * Delivers dead letters to this group again, as if they had just been published: attempts start from 1. Other groups and
   * readers do not get them. Each dead letter is moved in one step, so none is lost or duplicated. Resolves to their
   * number.
   *
   * @throws InvalidArgumentError for an option that cannot work. EncodeError, ValidationError, MessageTooLargeError, and
   * what `map` throws: what was redriven until then stays so.
   */
  async redrive(options: DeadRecordRedriveOptions<Body, Input> = {}): Promise<number> {
    return redriveDead(this.#context, options);
  }

  /**
   * Delivers one dead letter again with another body. Resolves to false when there is no such entry any more.
   *
   * @throws InvalidArgumentError, EncodeError, ValidationError, MessageTooLargeError: nothing has changed.
   */
  async editAndRedrive(entry: string, body: Input): Promise<boolean> {
    return (await this.redrive({ entries: [entry], map: () => body })) > 0;
  }

  /** Deletes these entries; resolves to how many there were. */
  async remove(entries: readonly string[]): Promise<number> {
    const chosen = entries.map(parseEntry);
    return this.#total(({ keys: { dead }, number: partition }) => {
      const ids = chosen.filter((entry) => entry.partition === partition).map(({ id }) => id);
      if (ids.length === 0) return 0;
      return this.#context.topic.connection.call('XDEL', [dead, ...ids]);
    });
  }

  /** Deletes all dead letters; resolves to how many there were. */
  purge(): Promise<number> {
    return this.#total(({ keys }) =>
      this.#context.topic.connection.call('XTRIM', [keys.dead, 'MAXLEN', 0]),
    );
  }

  async #total(count: (partition: GroupPartition) => unknown): Promise<number> {
    await this.#context.topic.generations.checked();
    const counts = await Promise.all(this.#context.partitions.all.map(count));
    return counts.reduce<number>((sum, each) => sum + Number(each), 0);
  }
}
