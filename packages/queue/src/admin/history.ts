import { type Complete, type NamesOf, refuseUnknownOptions, wholeNumber } from '@redpost/core';
import { Slice } from '@redpost/core/consuming';
import type { QueueContext } from '../context.js';
import { decodeEnvelope } from '../message/envelope.js';
import { readBody } from '../message/message.js';
import type { Partitions } from '../partitions/partitions.js';
import { shareOf } from '../partitions/share-of.js';
import {
  checkedHistory,
  type HistoryOptions,
  historyFields,
  historyOf,
} from '../recording/history-options.js';
import { type Outcome, outcomes } from '../recording/outcome.js';
import { newestEntries } from '../scripts/newest-entries.js';
import { reshape } from '../scripts/reshape.js';

/** What became of one attempt at a message. */
export interface HistoryRecord<Body = unknown> {
  readonly id: string;
  readonly key: string | undefined;
  readonly outcome: Outcome;
  /** How often it had been delivered then, this time included. */
  readonly attempts: number;
  /** When it was settled, by the server's clock. */
  readonly at: Date;
  /**
   * From the send, by the producer's clock, to the start of the handler, so with delays and earlier attempts. Undefined
   * for a bare payload.
   */
  readonly waitMs: number | undefined;
  /** How long the handler had it; undefined if none has had it. */
  readonly runMs: number | undefined;
  readonly consumer: string;
  /** The message of the error of this attempt, at most its first 1000 characters; undefined if there was none. */
  readonly error: string | undefined;
  /** Of that error, as in the groups of dead letters. */
  readonly fingerprint: string | undefined;
  /**
   * Where the error was thrown, as in dead letters: of several errors of one kind that a consumer has recorded together, it is that of
   * the first. Undefined where none was thrown.
   */
  readonly stack: string | undefined;
  /** Where the history has bodies, and it can be read. */
  readonly body: Body | undefined;
}

/** Which records to list. */
export interface HistoryListOptions {
  /** How many at most. Default 100. */
  limit?: number | undefined;
  /** Only of this message. All records are looked at, until there are `limit` of it. Default: of all messages. */
  id?: string | undefined;
  /** Only those that ended so. */
  outcome?: Outcome | undefined;
  /** Ends the search early. */
  signal?: AbortSignal | undefined;
}

const listOptionNames: NamesOf<HistoryListOptions> = {
  limit: true,
  id: true,
  outcome: true,
  signal: true,
};

/** What a queue remembers of settled messages, where it has been told to. */
export class History<Body = unknown> {
  readonly #partitions: Partitions;

  constructor(partitions: Partitions) {
    this.#partitions = partitions;
  }

  /** The newest records first. Resolves to none where the queue has no history. */
  async list(options: HistoryListOptions = {}): Promise<HistoryRecord<Body>[]> {
    refuseUnknownOptions('history.list()', options, listOptionNames);
    const { limit = 100 } = options;
    wholeNumber('limit', limit, { min: 1 });
    const lists = await this.#partitions.all();
    const all = await Promise.all(
      lists.map((list) => this.#listOf(list as QueueContext<Body>, options, limit)),
    );
    if (all.length === 1) return all[0] as HistoryRecord<Body>[];
    return all
      .flat()
      .sort((a, b) => b.at.getTime() - a.at.getTime())
      .slice(0, limit);
  }

  /** Those of one list of the queue. */
  async #listOf(
    list: QueueContext<Body>,
    { id, outcome, signal }: HistoryListOptions,
    limit: number,
  ): Promise<HistoryRecord<Body>[]> {
    const { connection, keys } = list;
    const found: HistoryRecord<Body>[] = [];
    for (let to = '+'; found.length < limit && !signal?.aborted; ) {
      const entries = await connection.run(newestEntries, { stream: keys.history, to });
      for (const [, fields] of entries) {
        const isMeant = (record: HistoryRecord<Body>) =>
          (id === undefined || record.id === id) &&
          (outcome === undefined || record.outcome === outcome);
        const records = await recordsOf(list, fields);
        found.push(...records.filter(isMeant).reverse());
      }
      const last = entries.at(-1);
      if (!last) break;
      to = `(${String(last[0])}`;
    }
    return found.slice(0, limit);
  }

  /** What was declared for this queue by any object or process; undefined where there is no history. */
  async settings(): Promise<Complete<HistoryOptions> | undefined> {
    const { connection, keys } = this.#partitions.main;
    const fields = await connection.call('HMGET', [keys.shape, ...historyFields]);
    return historyOf(...(fields as (Buffer | null)[]).map((field) => field?.toString()));
  }

  /**
   * Begins, changes or ends the history of the queue, for all its consumers in every process, as the option `history` of the
   * constructor does. Records that are there stay, until they are above the bounds or too old.
   *
   * @throws InvalidArgumentError for options that cannot work: nothing is changed.
   */
  async set(options: HistoryOptions | 'off'): Promise<void> {
    await declareHistory(await this.#partitions.all(), checkedHistory(options));
  }

  /** Deletes all records. */
  async purge(): Promise<void> {
    const lists = await this.#partitions.all();
    await Promise.all(
      lists.map(({ connection, keys }) =>
        connection.call('UNLINK', [keys.history, keys.historyEnds]),
      ),
    );
  }
}

/** Declares this for each of the lists of a queue; undefined for no history. */
export async function declareHistory(
  lists: readonly QueueContext[],
  settings: Complete<HistoryOptions> | undefined,
): Promise<void> {
  const [length, age, bodies] = historyFields;
  const setIn = (at: number): Record<string, number> => {
    if (!settings) return {};
    const { maxLength, maxAgeMs } = settings;
    const set = { [length]: shareOf(maxLength, at, lists.length), [age]: maxAgeMs };
    return settings.bodies ? { ...set, [bodies]: 1 } : set;
  };
  const drop = historyFields.filter((name) => !(name in setIn(0)));
  await Promise.all(
    lists.map(({ connection, keys }, at) =>
      connection.run(reshape, { keys, drop, set: setIn(at) }),
    ),
  );
}

/** The records of an entry, the oldest first. */
async function recordsOf<Body>(
  context: QueueContext<Body>,
  fields: readonly Buffer[],
): Promise<HistoryRecord<Body>[]> {
  const values = new Map<string, Buffer>();
  for (let at = 0; at + 1 < fields.length; at += 2) {
    values.set(String(fields[at]), fields[at + 1] as Buffer);
  }
  const textOf = (name: string) => String(values.get(name) ?? '');
  const times = textOf('times').split(',').map(Number);
  const codes = textOf('outcomes');
  const errors = new Map<number, string[]>(
    JSON.parse(textOf('errors') || '[]').map(([n, ...error]: [number, ...string[]]) => [n, error]),
  );
  const stacks: Record<string, string> = JSON.parse(textOf('stacks') || '{}');
  const bodies = await bodiesOf(context, textOf('sizes'), values.get('bodies'));
  const firstAt = Number(textOf('at'));
  return textOf('headers')
    .split('\n')
    .map((header, n) => {
      const { id, key, sentAt, deliveries } = headerIn(header);
      const [afterMs = 0, ranUs = -1] = times.slice(2 * n, 2 * n + 2);
      const at = firstAt + afterMs;
      const runMs = ranUs >= 0 ? ranUs / 1000 : undefined;
      const [error, kind = ''] = errors.get(n) ?? [];
      return {
        id,
        key,
        outcome: outcomes[Number(codes[n] ?? 0)] ?? 'acked',
        attempts: deliveries + 1,
        at: new Date(at),
        waitMs: sentAt > 0 ? Math.max(0, Math.round(at - (runMs ?? 0) - sentAt)) : undefined,
        runMs,
        consumer: textOf('consumer'),
        error,
        fingerprint: kind || undefined,
        stack: stacks[kind] || undefined,
        body: bodies[n],
      };
    });
}

function headerIn(header: string) {
  try {
    return decodeEnvelope(Buffer.from(`\x011${header}\n`), '');
  } catch {
    return { id: '', key: undefined, sentAt: 0, deliveries: 0 };
  }
}

async function bodiesOf<Body>(
  context: QueueContext<Body>,
  sizes: string,
  bytes: Buffer | undefined,
): Promise<(Body | undefined)[]> {
  if (sizes === '' || !bytes) return [];
  let start = 0;
  const parts = sizes.split(',').map((size) => {
    start += Number(size);
    return bytes.subarray(start - Number(size), start);
  });
  return Promise.all(
    parts.map(async (part) => {
      try {
        return await readBody(context, Slice.of(part));
      } catch {
        return undefined;
      }
    }),
  );
}
