import {
  ClosedError,
  type Connection,
  isRedpostError,
  longestTimerMs,
  type NamesOf,
  refuseUnknownOptions,
  TickBatch,
  wholeNumber,
} from '@redpost/core';
import { clearTimeout, onAbort, setTimeout } from '@redpost/core/consuming';
import { checkId, search, searchHeld } from '../admin/search.js';
import type { QueueContext } from '../context.js';
import { awaitResults, type ResultFields } from '../scripts/await-results.js';
import { type Located, locateHeld, locateWaiting } from '../scripts/locate.js';
import { type MessageResult, resultOf } from './message-result.js';
import { Notices } from './notices.js';

/** How to ask for a result. */
export interface ResultOptions {
  /** How long to wait for the message to be through, in ms. Default 0: tell how it is now. */
  waitMs?: number | undefined;
  /** Ends the call, which rejects with the reason of the signal. */
  signal?: AbortSignal | undefined;
}

/** How to watch a message. */
export interface WatchOptions {
  /** Ends the iteration. */
  signal?: AbortSignal | undefined;
}

const resultOptionNames: NamesOf<ResultOptions> = { waitMs: true, signal: true };
const watchOptionNames: NamesOf<WatchOptions> = { signal: true };

/** How long to rely on a notice before Redis is asked again, in ms: then twice as long each time. */
const firstPollMs = 1000;
const longestPollMs = 10_000;
/** How long the last look may take, when the time is up, in ms. */
const lastLookMs = 1000;
/** How many results one call reads at most. */
const limits = { count: 500, bytes: 500_000 };

interface Question {
  id: string;
  waitMs: number;
  resolve(fields: ResultFields | undefined): void;
  reject(error: unknown): void;
}

/** A wait for a result. Not ended by a signal of its own: to make one takes longer than all else that a wait does. */
interface Waiting {
  /** Resolves to undefined when the time is up. */
  answered: Promise<ResultFields | undefined>;
  /** Ends the wait. */
  giveUp(): void;
}

/** Results of the messages in one list of a queue, and those who wait for them. */
export class Results {
  readonly #context: QueueContext;
  readonly #notices: Notices;
  readonly #order: 'fifo' | 'lifo';
  readonly #waiting = new Set<(error: Error) => void>();
  #isClosed = false;

  /** @param connection shared by all queues that share the channel of the notices. */
  constructor(context: QueueContext, connection: Connection, order: 'fifo' | 'lifo') {
    this.#context = context;
    this.#notices = Notices.of(connection);
    this.#order = order;
  }

  /** Tells how a message is, or how it has ended; undefined if nothing is known of it. */
  async result<Value>(
    id: string,
    options: ResultOptions,
  ): Promise<MessageResult<Value> | undefined> {
    refuseUnknownOptions('result()', options, resultOptionNames);
    checkId(id);
    const { waitMs = 0, signal } = options;
    wholeNumber('waitMs', waitMs, { min: 0, max: longestTimerMs });
    signal?.throwIfAborted();
    const awaited = waitMs > 0 ? await this.wait(id, waitMs, signal).answered : undefined;
    return this.#now(id, awaited ?? (await this.#read(id)), signal);
  }

  /** The name of the queue. */
  get queue(): string {
    return this.#context.name;
  }

  /** Reads what was told or stored of a message. */
  resultOf<Value>(id: string, fields: ResultFields): MessageResult<Value> {
    return resultOf<Value>(this.#context, id, fields);
  }

  /** Waits until a message is through. */
  wait(id: string, waitMs: number, signal: AbortSignal | undefined): Waiting {
    let giveUp = () => {};
    const answered = new Promise<ResultFields | undefined>((resolve, reject) => {
      const end = (settle: () => void) => {
        for (const stop of [...stops]) stop();
        settle();
      };
      const ask = () => {
        this.#ask(id, waitMs).then(
          (fields) => fields?.state && end(() => resolve(fields)),
          (error) => {
            if (!isRedpostError(error) || !error.retryable) end(() => reject(error));
          },
        );
      };
      const failed = (error: Error) => end(() => reject(error));
      const stops = [
        this.#notices.add(this.#context.keys.list, id, {
          noticed(fields) {
            if (!fields) ask();
            else if (fields.state) end(() => resolve(fields));
          },
        }),
        polling(ask),
        stopped(
          setTimeout(
            () => void this.#lookOnceMore(id).then((it) => end(() => resolve(it))),
            waitMs,
          ),
        ),
        onAbort(signal, () => end(() => reject(signal?.reason))),
        () => this.#waiting.delete(failed),
      ];
      this.#waiting.add(failed);
      giveUp = () => end(() => resolve(undefined));
      if (this.#isClosed) failed(new ClosedError('The queue is closed'));
      else ask();
    });
    return { answered, giveUp };
  }

  /** Tells how a message is now, and then each time that this changes, until it is through. */
  async *watch<Value>(id: string, options: WatchOptions): AsyncGenerator<MessageResult<Value>> {
    refuseUnknownOptions('watch()', options, watchOptionNames);
    checkId(id);
    const { signal } = options;
    let wake = () => {};
    let heard: (ResultFields | undefined)[] = [];
    const look = () => {
      heard.push(undefined);
      wake();
    };
    const stops = [
      this.#notices.add(this.#context.keys.list, id, {
        noticed(fields) {
          heard.push(fields);
          wake();
        },
      }),
      polling(look),
      onAbort(signal, () => wake()),
    ];
    try {
      let last = await this.#now<Value>(id, await this.#ask(id, longestTimerMs), signal);
      if (last) yield last;
      while (last && !isThrough(last) && !signal?.aborted && !this.#isClosed) {
        if (heard.length === 0) await new Promise<void>((resolve) => (wake = resolve));
        const all = heard;
        heard = [];
        for (const fields of all) {
          const next: MessageResult<Value> | undefined = fields
            ? { ...lastProgress(last), ...defined(resultOf<Value>(this.#context, id, fields)) }
            : await this.#next(id, last, signal);
          if (next && !isSame(next, last)) yield next;
          last = next ?? last;
          if (isThrough(last)) return;
        }
      }
    } catch (error) {
      if (!signal?.aborted) throw error;
    } finally {
      for (const stop of stops) stop();
    }
  }

  /** Rejects all who wait. */
  close(): void {
    this.#isClosed = true;
    const closed = new ClosedError('The queue is closed');
    for (const reject of [...this.#waiting]) reject(closed);
  }

  /** @param fields what was just read. */
  async #now<Value>(
    id: string,
    fields: ResultFields | undefined,
    signal: AbortSignal | undefined,
  ): Promise<MessageResult<Value> | undefined> {
    if (fields?.state) return resultOf(this.#context, id, fields);
    const scripts = { waiting: locateWaiting, held: locateHeld };
    const sought = { id, input: {}, order: this.#order, options: { signal } };
    const located = await search(this.#context, scripts, sought);
    // It may have ended meanwhile.
    const again = await this.#read(id);
    if (again?.state) return resultOf(this.#context, id, again);
    return located && this.#unfinished(id, located, again);
  }

  /** How it is after that: where it waits is looked for only when it may have moved. */
  async #next<Value>(
    id: string,
    last: MessageResult<Value>,
    signal: AbortSignal | undefined,
  ): Promise<MessageResult<Value> | undefined> {
    const fields = await this.#ask(id, longestTimerMs);
    if (fields?.state) return resultOf(this.#context, id, fields);
    const sought = { id, input: {}, order: this.#order, options: { signal } };
    const held = await searchHeld(this.#context, locateHeld, sought);
    if (held) return this.#unfinished(id, held, fields);
    return last.state === 'active' ? this.#now(id, fields, signal) : undefined;
  }

  #unfinished<Value>(
    id: string,
    { state, attempts }: Located,
    fields: ResultFields | undefined,
  ): MessageResult<Value> {
    const attempt = attempts + (state === 'active' ? 1 : 0);
    const progress = fields && resultOf(this.#context, id, fields).progress;
    return { state, attempt, progress };
  }

  async #lookOnceMore(id: string): Promise<ResultFields | undefined> {
    const { connection, keys } = this.#context;
    try {
      const input = { keys, ids: [id], channel: undefined, waitMs: 0 };
      const [fields] = await connection.run(awaitResults, input, { timeoutMs: lastLookMs });
      return fields?.state ? fields : undefined;
    } catch {
      // Whatever is wrong: the time is up, and nothing has come.
      return undefined;
    }
  }

  /** Reads what is known, and has it told when the message is through. */
  async #ask(id: string, waitMs: number): Promise<ResultFields | undefined> {
    // Without a subscription Redis is asked from time to time.
    await this.#notices.listen();
    return new Promise((resolve, reject) => {
      this.#asking.add({ id, waitMs, resolve, reject }, id.length);
    });
  }

  #read(id: string): Promise<ResultFields | undefined> {
    return new Promise((resolve, reject) => {
      this.#reading.add({ id, waitMs: 0, resolve, reject }, id.length);
    });
  }

  readonly #asking = new TickBatch<Question>(limits, (questions) => {
    void this.#answer(questions, this.#notices.channel);
  });

  readonly #reading = new TickBatch<Question>(limits, (questions) => {
    void this.#answer(questions, undefined);
  });

  async #answer(questions: Question[], channel: string | undefined): Promise<void> {
    const { connection, keys } = this.#context;
    let left = questions;
    try {
      while (left.length > 0) {
        // Longer than the caller waits, because the waiting may begin later.
        const waitMs = Math.max(...left.map((each) => each.waitMs)) + 60_000;
        const ids = left.map(({ id }) => id);
        const found = await connection.run(awaitResults, { keys, ids, channel, waitMs });
        for (const [at, fields] of found.entries()) left[at]?.resolve(fields);
        left = left.slice(found.length);
      }
    } catch (error) {
      for (const { reject } of left) reject(error);
    }
  }
}

function isThrough({ state }: MessageResult): boolean {
  return state !== 'pending' && state !== 'active' && state !== 'delayed';
}

function isSame(one: MessageResult, other: MessageResult): boolean {
  const { state, attempt, progress } = one;
  const isSameProgress = JSON.stringify(progress) === JSON.stringify(other.progress);
  return state === other.state && attempt === other.attempt && isSameProgress;
}

/** A notice of how a message has ended does not repeat its progress. */
function lastProgress({ progress }: MessageResult): Pick<MessageResult, 'progress'> {
  return { progress };
}

function defined<Value extends { progress?: unknown }>(result: Value): Value {
  if (result.progress !== undefined) return result;
  const { progress: _, ...others } = result;
  return others as Value;
}

/** Calls `ask` again and again, each time after a longer pause. Returns what ends that. */
function polling(ask: () => void): () => void {
  let waitMs = firstPollMs;
  const again = () => {
    ask();
    waitMs = Math.min(2 * waitMs, longestPollMs);
    timer = setTimeout(again, waitMs);
  };
  let timer = setTimeout(again, waitMs);
  return () => clearTimeout(timer);
}

function stopped(timer: NodeJS.Timeout): () => void {
  return () => clearTimeout(timer);
}
