import {
  asError,
  type Destination,
  isRedpostError,
  type NamesOf,
  type ObservedMessage,
  wholeNumber,
} from '@redpost/core';
import { inThisContext, isObserved, observeReceive, onAbort } from '@redpost/core/consuming';
import type { TrimmedError, TrimmedGap } from '../errors.js';
import { type From, startOf } from '../record/offset.js';
import {
  bodyOf,
  type Entry,
  headersOf,
  isForOthers,
  readRecord,
  type TopicRecord,
  textField,
  unreadable,
} from '../record/record.js';
import type { TopicContext } from '../topic-context.js';
import type { TopicEvents } from '../topic-events.js';
import { Course } from './course.js';
import { merge } from './merge.js';
import type { PartitionReader } from './partition-reader.js';
import { unlessAborted } from './unless-aborted.js';

/** Where a reader begins, and when it ends. */
export interface ReadOptions {
  /** Where to begin. Default `'latest'`: records that are published from the call on. */
  from?: From | undefined;
  /** Ends the reader when it is aborted. The loop ends without an error. */
  signal?: AbortSignal | undefined;
  /**
   * Reads only this partition. Required with an offset in `from`, if there are several partitions. The loop ends when the partition gets no more
   * records, because the number of partitions was changed, and all of them were read.
   */
  partition?: number | undefined;
  /**
   * Called when retention removed records before they were read. The reader continues after them. Without this option, the
   * loop throws a `TrimmedError`.
   */
  onTrimmed?: ((gap: TrimmedGap) => void) | undefined;
}

export const readOptionNames: NamesOf<ReadOptions> = {
  from: true,
  signal: true,
  partition: true,
  onTrimmed: true,
};

type Report = <Event extends keyof TopicEvents>(event: Event, payload: TopicEvents[Event]) => void;

/**
 * Yields the records of a topic, first the backlog, then new ones. The records of a partition come in order, and those of a key also when the
 * number of partitions changes.
 *
 * @param report called with records that cannot be read, and with errors of calls that are tried again.
 */
export function readTopic<Body>(
  context: TopicContext<Body>,
  options: ReadOptions & { closing: AbortSignal },
  report: Report,
): AsyncGenerator<TopicRecord<Body>, void, undefined> {
  const { from = 'latest' } = options;
  const start = startOf(from);
  const onTrimmed = options.onTrimmed && inThisContext(options.onTrimmed);
  if (options.partition !== undefined) wholeNumber('partition', options.partition, { min: 0 });
  const course = new Course(context as TopicContext, {
    start,
    isResumed: typeof from === 'string' && start === from,
    isTime: typeof from === 'object',
    partition: options.partition,
    failed: (error) => report('error', error),
  });
  // At once, and not when the first record is asked for, because `latest` means the time of this call.
  const opened = course.open();
  opened.catch(() => {
    // The error is thrown to the caller that asks for the first record.
  });
  return records();

  async function* records(): AsyncGenerator<TopicRecord<Body>, void, undefined> {
    const stopping = new AbortController();
    const stop = () => {
      stopping.abort();
      course.end();
    };
    const endings = [options.closing, ...(options.signal ? [options.signal] : [])];
    const forget = endings.map((ending) => onAbort(ending, stop));
    if (endings.some(({ aborted }) => aborted)) stop();
    try {
      let readers = await unlessAborted<readonly PartitionReader[] | undefined>(
        opened,
        stopping.signal,
      );
      course.watch();
      while (readers && !stopping.signal.aborted) {
        const sources = readers.map((reader) => new Source(context, reader, onTrimmed));
        for await (const { source, value: entries } of merge<readonly Entry[], Source>(sources)) {
          for (const entry of entries) {
            if (stopping.signal.aborted) return;
            const record = await readable(context, source.partition, entry, report);
            if (record) yield record;
          }
        }
        if (!stopping.signal.aborted) readers = await course.next();
      }
    } finally {
      for (const each of forget) each();
      stop();
    }
  }
}

/** A reader that continues after trimmed records, if it has `onTrimmed`. */
class Source {
  readonly partition: number;
  readonly #destination: Destination;
  readonly #reader: PartitionReader;
  readonly #onTrimmed: ((gap: TrimmedGap) => void) | undefined;

  constructor(
    { name, connection }: Pick<TopicContext, 'name' | 'connection'>,
    reader: PartitionReader,
    onTrimmed: ((gap: TrimmedGap) => void) | undefined,
  ) {
    this.#destination = { kind: 'topic', name, address: connection.address };
    this.partition = reader.partition;
    this.#reader = reader;
    this.#onTrimmed = onTrimmed;
  }

  async next(): Promise<readonly Entry[] | undefined> {
    try {
      if (!isObserved('receive')) return await this.#reader.next();
      const messages: ObservedMessage[] = [];
      return await observeReceive({ messages, ...this.#destination }, async () => {
        const entries = await this.#reader.next();
        messages.push(...(entries ?? []).map(observed));
        return entries;
      });
    } catch (error) {
      if (!this.#onTrimmed || !isRedpostError(error, 'TRIMMED')) throw error;
      this.#onTrimmed((error as TrimmedError).gap);
      return [];
    }
  }
}

async function readable<Body>(
  context: TopicContext<Body>,
  partition: number,
  entry: Entry,
  report: Report,
): Promise<TopicRecord<Body> | undefined> {
  const { offset, fields } = entry;
  if (isForOthers(fields, undefined)) return undefined;
  try {
    return await readRecord(context, partition, entry);
  } catch (thrown) {
    const bytes = bytesOf(fields);
    report('unreadable', unreadable({ offset, partition, bytes, error: asError(thrown) }));
    return undefined;
  }
}

function bytesOf(fields: Entry['fields']): Buffer {
  try {
    return bodyOf(fields);
  } catch {
    return Buffer.alloc(0);
  }
}

/** An entry as observers see it. Its headers may be malformed, which the reader reports. */
function observed({ offset, fields }: Entry): ObservedMessage {
  const message = { id: offset, attempt: undefined, key: textField(fields, 'key') };
  try {
    return { headers: headersOf(fields), ...message };
  } catch {
    return { headers: {}, ...message };
  }
}
