import { type NamesOf, refuseUnknownOptions, wholeNumber } from '@redpost/core';
import { newestId, Slice, withShortJson } from '@redpost/core/consuming';
import { publishedAt } from '../record/offset.js';
import { bodyOf, type Fields, headersOf, type RecordHeaders, textField } from '../record/record.js';
import { type PeekDeadInput, type PeekedEntry, peekDead } from '../scripts/peek-dead.js';
import { redrive } from '../scripts/redrive.js';
import { readBody } from '../topic-context.js';
import type { GroupKeys } from '../topic-keys.js';
import { behind, compareEntries, type DeadEntry, nameOf, parseEntry } from './dead-entry.js';
import type { GroupContext } from './group-context.js';

/** A record that is no longer delivered to the group, and the reason. */
export interface DeadRecord<Body = unknown> {
  /** The name of the dead letter: for `redrive`, `remove`, and the option `after` of `list`. */
  readonly entry: string;
  readonly partition: number;
  /** The offset of the record in the topic. */
  readonly offset: string;
  /** Undefined when it cannot be read, or was not read whole: then only `bytes` has the body. */
  readonly body: Body | undefined;
  /** The body as it is in Redis. JSON.stringify writes it as base64 if `body` is undefined, and leaves it out otherwise. */
  readonly bytes: Buffer;
  /** How many bytes the whole body has: `bytes` may be its beginning, see `maxBodyBytes`. */
  readonly bodyBytes: number;
  readonly key: string | undefined;
  readonly headers: RecordHeaders;
  readonly id: string | undefined;
  readonly publishedAt: Date;
  /** How many attempts the record had. */
  readonly attempt: number;
  /** E.g. `failed`, `crashed`, `malformed`, `invalid`, or the reason that a handler gave. */
  readonly reason: string;
  /** The message of the last error; may be empty. */
  readonly error: string;
  /** By the server's clock. */
  readonly diedAt: Date;
}

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

/** Which dead letters are delivered again, and how that is watched and ended. */
export interface DeadRecordRedriveOptions {
  /** The names of the dead letters. Default: all that there are now. */
  entries?: readonly string[] | undefined;
  /** Ends it after the current part. What was moved until then stays moved. */
  signal?: AbortSignal | undefined;
  /** Called after each part, with how many were moved so far. */
  onProgress?: ((progress: { redriven: number }) => void) | undefined;
}

const redriveOptionNames: NamesOf<DeadRecordRedriveOptions> = {
  entries: true,
  signal: true,
  onProgress: true,
};
const listOptionNames: NamesOf<DeadRecordListOptions> = {
  limit: true,
  after: true,
  maxBodyBytes: true,
};

/** How many one script moves: it holds up everything else meanwhile. */
const chunk = 200;
/** How many fields at the front say why it is a dead letter. See scripts/dead-letter.lua. */
const ownFields = 8;

/** The dead letters of a group. */
export class GroupDeadLetters<Body = unknown> {
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
    const lists = await Promise.all(
      this.#context.partitions.map(async ({ dead }, partition) => {
        const from = last ? behind(last, partition) : '-';
        const found = await this.#peek({ dead, from, to: '+', limit, maxBodyBytes });
        return found.map(({ entry: [id, fields], bodyBytes }) => ({
          ...{ partition, id: String(id), fields, bodyBytes },
        }));
      }),
    );
    const oldest = lists.flat().sort(compareEntries).slice(0, limit);
    return Promise.all(oldest.map((entry) => this.#read(entry)));
  }

  /** Reads dead letters of a partition by several calls, so that no answer is large. */
  async #peek({ limit, ...range }: PeekDeadInput): Promise<PeekedEntry[]> {
    const { connection } = this.#context.topic;
    const all: PeekedEntry[] = [];
    for (let { from } = range; ; from = `(${String(all.at(-1)?.entry[0])}`) {
      const input = { ...range, from, limit: limit - all.length };
      const { found, isCut } = await connection.run(peekDead, input);
      all.push(...found);
      if (!isCut || all.length >= limit) return all;
    }
  }

  /** How many there are. */
  count(): Promise<number> {
    return this.#total(({ dead }) => this.#context.topic.connection.call('XLEN', [dead]));
  }

  /**
   * Delivers dead letters to this group again, as if they had just been published: attempts start from 1. Other groups and
   * readers do not get them. Each dead letter is moved in one step, so none is lost or duplicated. Resolves to their
   * number.
   */
  async redrive(options: DeadRecordRedriveOptions = {}): Promise<number> {
    refuseUnknownOptions('deadLetters.redrive()', options, redriveOptionNames);
    const { entries, signal, onProgress } = options;
    const chosen = entries?.map(parseEntry);
    let redriven = 0;
    const goesOn = (moved: number) => {
      redriven += moved;
      onProgress?.({ redriven });
      return !signal?.aborted;
    };
    await Promise.all(
      this.#context.partitions.map((keys, partition) => {
        if (!chosen) return this.#redriveAll(keys, goesOn);
        const ids = chosen.filter((entry) => entry.partition === partition).map(({ id }) => id);
        return this.#redriveChosen(keys, ids, goesOn);
      }),
    );
    return redriven;
  }

  /** Deletes these entries; resolves to how many there were. */
  async remove(entries: readonly string[]): Promise<number> {
    const chosen = entries.map(parseEntry);
    return this.#total(({ dead }, partition) => {
      const ids = chosen.filter((entry) => entry.partition === partition).map(({ id }) => id);
      if (ids.length === 0) return 0;
      return this.#context.topic.connection.call('XDEL', [dead, ...ids]);
    });
  }

  /** Deletes all dead letters; resolves to how many there were. */
  purge(): Promise<number> {
    return this.#total(({ dead }) =>
      this.#context.topic.connection.call('XTRIM', [dead, 'MAXLEN', 0]),
    );
  }

  async #total(count: (keys: GroupKeys, partition: number) => unknown): Promise<number> {
    const counts = await Promise.all(this.#context.partitions.map(count));
    return counts.reduce<number>((sum, each) => sum + Number(each), 0);
  }

  /** Moves all dead letters that there are now. Those that are added meanwhile stay. */
  async #redriveAll(keys: GroupKeys, goesOn: (moved: number) => boolean): Promise<void> {
    const { connection } = this.#context.topic;
    const newest = await connection.run(newestId, keys.dead);
    let from = '-';
    while (newest) {
      const moved = await this.#redrive(keys, from, newest, chunk);
      if (moved.length === 0 || !goesOn(moved.length)) break;
      from = `(${moved.at(-1)}`;
    }
  }

  async #redriveChosen(
    keys: GroupKeys,
    ids: readonly string[],
    goesOn: (moved: number) => boolean,
  ): Promise<void> {
    for (let at = 0; at < ids.length; at += chunk) {
      const some = ids.slice(at, at + chunk).map((id) => this.#redrive(keys, id, id, 1));
      if (!goesOn((await Promise.all(some)).flat().length)) break;
    }
  }

  #redrive(keys: GroupKeys, from: string, to: string, limit: number): Promise<string[]> {
    const { topic, group } = this.#context;
    return topic.connection.run(redrive, { keys, group, from, to, limit });
  }

  async #read(entry: DeadEntry & { fields: Fields; bodyBytes: number }): Promise<DeadRecord<Body>> {
    const own = entry.fields.slice(0, ownFields);
    const fields = entry.fields.slice(ownFields);
    const offset = textField(own, 'offset') ?? '0-0';
    return withShortJson({
      entry: nameOf(entry),
      partition: entry.partition,
      offset,
      ...(await this.#readable(fields, entry.bodyBytes)),
      bodyBytes: entry.bodyBytes,
      key: textField(fields, 'key'),
      id: textField(fields, 'id'),
      publishedAt: publishedAt(offset),
      attempt: Number(textField(own, 'attempt') ?? 0),
      reason: textField(own, 'reason') ?? '',
      error: textField(own, 'error') ?? '',
      diedAt: publishedAt(entry.id),
    });
  }

  /** A dead letter may be unreadable. Then its body is undefined, and no error is thrown. */
  async #readable(
    fields: Fields,
    bodyBytes: number,
  ): Promise<Pick<DeadRecord<Body>, 'body' | 'bytes' | 'headers'>> {
    let bytes = Buffer.alloc(0);
    let headers: RecordHeaders = {};
    try {
      bytes = Buffer.from(bodyOf(fields));
      headers = headersOf(fields);
      if (bytes.length < bodyBytes) return { bytes, headers, body: undefined };
      return { bytes, headers, body: await readBody(this.#context.topic, Slice.of(bytes)) };
    } catch {
      return { bytes, headers, body: undefined };
    }
  }
}
