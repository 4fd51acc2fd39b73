import { asError, type Complete } from '@redpost/core';
import {
  clearTimeout,
  fingerprint,
  performance,
  setTimeout,
  stackOf,
} from '@redpost/core/consuming';
import type { HeldDelivery } from '../consuming/delivery.js';
import type { QueueContext } from '../context.js';
import { bodyOf, opening } from '../message/envelope.js';
import { type AddHistoryInput, addHistory } from '../scripts/add-history.js';
import type { HistoryOptions } from './history-options.js';
import { type Outcome, outcomes } from './outcome.js';

/** What a recorder asks of its session. */
export interface RecorderHost {
  readonly consumer: string;
  /** The server's time, in ms since 1970. */
  readonly serverNow: number;
  failed(error: Error): void;
}

/** Records leave when there are so many, or have so many bytes with bodies and errors, or when the first one is so old, in ms. */
const [mostRecords, mostBytes, mostMs] = [500, 500_000, 250];

/** Longer messages of errors are cut, in characters. */
const longestError = 1000;

/**
 * Records what a consumer settles, where the queue has a history: many messages in one entry, and by columns, because a
 * record for each would cost more than the message itself.
 */
export class HistoryRecorder {
  readonly #context: QueueContext;
  readonly #host: RecorderHost;
  #settings: Complete<HistoryOptions> | undefined;
  #headers: string[] = [];
  /** For each, how long after the first one it was settled, in ms, and how long it was with a handler, in µs, or -1. */
  #times: number[] = [];
  /** For each its outcome, by its place in `outcomes`. */
  #outcomes: number[] = [];
  /** Whether one of them was not acknowledged. */
  #hasOthers = false;
  /** Of each that had an error its place, the error, and the fingerprint of that. */
  #errors: [place: number, error: string, fingerprint: string][] = [];
  /** By fingerprint, since stacks of one kind of error are alike: that of the first. */
  #stacks = new Map<string, string>();
  #bodies: Buffer[] = [];
  /** When the first one was settled, by `performance.now()`. */
  #firstAt = 0;
  #bytes = 0;
  #timer: NodeJS.Timeout | undefined;
  readonly #sent = new Set<Promise<void>>();

  constructor(context: QueueContext, host: RecorderHost) {
    this.#context = context;
    this.#host = host;
  }

  /** Undefined for no history. */
  set settings(settings: Complete<HistoryOptions> | undefined) {
    // All records of an entry have bodies, or none has.
    if (this.#settings?.bodies !== settings?.bodies) this.#send();
    this.#settings = settings;
  }

  get isOn(): boolean {
    return this.#settings !== undefined;
  }

  /** @param error the message of the last error. */
  record(held: HeldDelivery, outcome: Outcome, error = ''): void {
    const now = performance.now();
    const { startedAt, ranUs = Math.round(1000 * (now - startedAt)) } = held;
    if (this.#headers.length === 0) this.#firstAt = now;
    if (error !== '') this.#recordError(error, held.thrown);
    this.#headers.push(headerOf(held));
    this.#times.push(Math.round(now - this.#firstAt), startedAt > 0 ? ranUs : -1);
    if (outcome !== 'acked') this.#hasOthers = true;
    this.#outcomes.push(outcome === 'acked' ? 0 : outcomes.indexOf(outcome));
    if (this.#settings?.bodies) {
      this.#bodies.push(bytesOf(held));
      this.#bytes += held.size;
    }
    if (this.#headers.length >= mostRecords || this.#bytes >= mostBytes) this.#send();
    else this.#timer ??= setTimeout(() => this.#send(), mostMs).unref();
  }

  #recordError(error: string, thrown: Error | undefined): void {
    const [message, kind] = [error.slice(0, longestError), fingerprint(error)];
    this.#errors.push([this.#headers.length, message, kind]);
    this.#bytes += message.length;
    if (!thrown || this.#stacks.has(kind)) return;
    const stack = stackOf(thrown);
    this.#stacks.set(kind, stack);
    this.#bytes += stack.length;
  }

  /** Resolves when everything that was recorded is in Redis, or has failed. */
  async flush(): Promise<void> {
    this.#send();
    await Promise.all(this.#sent);
  }

  #send(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#headers.length === 0 || !this.#settings) return;
    const sent = this.#write(this.#take(), this.#settings).finally(() => this.#sent.delete(sent));
    this.#sent.add(sent);
  }

  async #write(columns: Columns, settings: Complete<HistoryOptions>): Promise<void> {
    const { maxLength, maxAgeMs } = settings;
    const { connection, keys } = this.#context;
    try {
      await connection.run(addHistory, { keys, maxLength, maxAgeMs, ...columns });
    } catch (error) {
      this.#host.failed(asError(error));
    }
  }

  #take(): Columns {
    const bodies = this.#bodies;
    const columns = {
      count: this.#headers.length,
      consumer: this.#host.consumer,
      at: Math.round(this.#host.serverNow - (performance.now() - this.#firstAt)),
      // As text: a buffer among the arguments makes it dearer to write all of them.
      times: this.#times.join(','),
      outcomes: this.#hasOthers ? this.#outcomes.join('') : '',
      headers: this.#headers.join('\n'),
      errors: this.#errors.length > 0 ? JSON.stringify(this.#errors) : '',
      stacks: this.#stacks.size > 0 ? JSON.stringify(Object.fromEntries(this.#stacks)) : '',
      sizes: bodies.map(({ length }) => length).join(','),
      bodies: bodies.length > 0 ? Buffer.concat(bodies) : '',
    };
    [this.#headers, this.#times, this.#outcomes, this.#bodies, this.#bytes] = [[], [], [], [], 0];
    [this.#errors, this.#stacks, this.#hasOthers] = [[], new Map(), false];
    return columns;
  }
}

/** What one entry of the history has: see docs/protocol.md. */
type Columns = Omit<AddHistoryInput, 'keys' | 'maxLength' | 'maxAgeMs'>;

/** The header as it is in the element; of a bare payload, one with its id. */
function headerOf(held: HeldDelivery): string {
  const { element } = held;
  if (element.startsWith(opening)) {
    const text = element.textUntil('\n', 2);
    if (text !== undefined) return text;
    const { bytes } = element;
    const end = bytes.indexOf(0x0a);
    if (end > 0) return bytes.toString('utf8', 2, end);
  }
  return JSON.stringify({ id: held.receipt });
}

function bytesOf({ element }: HeldDelivery): Buffer {
  try {
    return bodyOf(element).bytes;
  } catch {
    return element.bytes;
  }
}
