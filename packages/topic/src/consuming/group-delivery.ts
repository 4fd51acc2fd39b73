import {
  InvalidArgumentError,
  type NamesOf,
  refuseUnknownOptions,
  shown,
  wholeNumber,
} from '@redpost/core';
import {
  AlreadySettledError,
  type Delivered,
  type Handled,
  type Holdable,
  LeaseLostError,
} from '@redpost/core/consuming';
import { publishedAt } from '../record/offset.js';
import { sizeOf } from '../record/packed-entries.js';
import {
  bodyOf,
  type Fields,
  headersOf,
  type RecordHeaders,
  type TopicRecord,
  textField,
} from '../record/record.js';
import type { Taken } from '../scripts/take.js';
import { readBody, type TopicContext } from '../topic-context.js';

/** When the next attempt at a record may begin. */
export interface RecordRetryOptions {
  /** How long to wait before the next attempt, in ms. Default 0: as soon as there is time for it. */
  delayMs?: number | undefined;
}

const retryOptionNames: NamesOf<RecordRetryOptions> = { delayMs: true };

/**
 * One attempt of a group at one record. It is settled once, by `ack`, `retry` or `deadLetter`; a
 * handler that returns acknowledges, one that throws asks for a retry.
 *
 * Each of these rejects with `LeaseLostError` when the record is no longer this consumer's, with
 * `ReturnedError` when the consumer was stopped meanwhile and has returned it (then they changed
 * nothing), and with `AlreadySettledError` at the second call.
 */
export interface TopicDelivery<Body = unknown> extends TopicRecord<Body> {
  /** Identifies this delivery: no two deliveries have the same, not even of one record. */
  readonly receipt: string;
  /** Which attempt this is, from 1. Crashes of consumers count. */
  readonly attempt: number;
  /**
   * Aborted when the lease is lost, or when the deadline of `stop()` has passed. A handler of a
   * partition that has to move is waited for.
   */
  readonly signal: AbortSignal;
  /**
   * The group is done with the record. Resolves when Redis knows.
   *
   * Rejects with ConnectionError or TimeoutError while Redis is away. The acknowledgement is then
   * sent again in the background, for as long as the lease lasts.
   */
  ack(): Promise<void>;
  /**
   * Asks for another attempt, however many the record has had. While Redis is away this waits, as
   * `deadLetter` does, for as long as the lease may last.
   */
  retry(options?: RecordRetryOptions): Promise<void>;
  /** Moves the record to the group's dead letters, with a reason. Default reason: `rejected`. */
  deadLetter(reason?: string): Promise<void>;
  /**
   * Renews the lease now, and so tells whether the record is still this consumer's. The heartbeat
   * does it by itself: this is for after work that has blocked the event loop.
   */
  extend(): Promise<void>;
}

/** What a delivery asks of the session that holds it. */
export interface RecordSettler {
  readonly consumer: string;
  readonly partition: number;
  /** How many of its handlers run: kept by the pool of handlers. */
  running: number;
  isFreshAt(now: number): boolean;
  acknowledge(held: HeldRecord): void;
  confirmAck(held: HeldRecord): Promise<void>;
  retry(held: HeldRecord, delayMs: number): Promise<void>;
  deadLetter(held: HeldRecord, reason: string, error: string): Promise<void>;
  renew(): Promise<boolean>;
}

/** States: held -> settled; from both -> lost. */
export class HeldRecord<Body = unknown> implements TopicDelivery<Body>, Handled, Holdable {
  readonly offset: string;
  readonly attempt: number;
  readonly isSuspect: boolean;
  readonly settler: RecordSettler;
  readonly #taken: Taken;
  #state: 'held' | 'settled' | 'lost' = 'held';
  /** Why it is not this consumer's any more. */
  #lostBy: Error | undefined;
  #abort: AbortController | undefined;
  earlier: this | undefined;
  later: this | undefined;
  isListed = false;
  body!: Body;
  /** The body is there: what fails from now on is not the record's fault. */
  isOpen = false;
  /** When the handler began, by `performance.now()`. */
  startedAt = 0;

  constructor(settler: RecordSettler, taken: Taken) {
    this.settler = settler;
    this.#taken = taken;
    this.offset = taken.offset;
    this.attempt = taken.attempt;
    this.isSuspect = taken.isSuspect;
  }

  get partition(): number {
    return this.settler.partition;
  }

  get receipt(): string {
    return `${this.settler.consumer}-${this.offset}-${this.attempt}`;
  }

  /** The record, without what holds it. */
  toJSON(): object {
    const { offset, partition, key, id, body, headers, publishedAt, attempt, receipt } = this;
    return { offset, partition, key, id, body, headers, publishedAt, attempt, receipt };
  }

  /** What errors call it. */
  get named(): Delivered {
    return { kind: 'record', id: this.offset };
  }

  /** The fields as they lie in Redis. */
  get fields(): Fields {
    const { fields, body } = this.#taken;
    return fields ?? [Buffer.from('body'), body?.bytes ?? Buffer.alloc(0)];
  }

  /** How many bytes it is, roughly. */
  get size(): number {
    return sizeOf(this.#taken);
  }

  get key(): string | undefined {
    return this.#taken.fields && textField(this.#taken.fields, 'key');
  }

  get id(): string | undefined {
    return this.#taken.fields && textField(this.#taken.fields, 'id');
  }

  /** @throws DecodeError, but not once the handler was called. */
  get headers(): RecordHeaders {
    return headersOf(this.#taken.fields ?? []);
  }

  get publishedAt(): Date {
    return publishedAt(this.offset);
  }

  get signal(): AbortSignal {
    this.#abort ??= new AbortController();
    if (this.#lostBy) this.#abort.abort(this.#lostBy);
    return this.#abort.signal;
  }

  /** A handler has got it. */
  get isStarted(): boolean {
    return this.startedAt > 0;
  }

  get isLost(): boolean {
    return this.#state === 'lost';
  }

  /**
   * Makes the body available: returns a promise only if the schema is asynchronous.
   *
   * @throws DecodeError, ValidationError.
   */
  open(context: TopicContext<Body>): Promise<void> | undefined {
    const { fields } = this.#taken;
    if (fields) headersOf(fields);
    const body = readBody(context, this.#taken.body ?? { bytes: bodyOf(fields ?? []) });
    if (body instanceof Promise) return body.then((valid) => this.#opened(valid));
    this.#opened(body);
    return undefined;
  }

  /** Claims the right to settle: true once. */
  claim(): boolean {
    if (this.#state !== 'held') return false;
    this.#state = 'settled';
    return true;
  }

  /** It is not this consumer's any more. What is still running is told by its signal. */
  lose(reason: Error): void {
    this.#state = 'lost';
    this.#lostBy = reason;
    this.#abort?.abort(reason);
  }

  async ack(): Promise<void> {
    this.#claimOrThrow();
    await this.settler.confirmAck(this);
  }

  async retry(options: RecordRetryOptions = {}): Promise<void> {
    refuseUnknownOptions('retry()', options, retryOptionNames);
    const { delayMs = 0 } = options;
    wholeNumber('delayMs', delayMs, { min: 0 });
    this.#claimOrThrow();
    await this.settler.retry(this, delayMs);
  }

  async deadLetter(reason = 'rejected'): Promise<void> {
    if (typeof reason !== 'string') {
      throw new InvalidArgumentError(`A reason is a text, got ${shown(reason)}`);
    }
    this.#claimOrThrow();
    await this.settler.deadLetter(this, reason, '');
  }

  async extend(): Promise<void> {
    if (this.#state === 'settled') throw new AlreadySettledError(this.named);
    if (this.#lostBy) throw this.#lostBy;
    if (!(await this.settler.renew())) throw this.#lostBy ?? new LeaseLostError(this.named);
  }

  #opened(body: Body): void {
    this.body = body;
    this.isOpen = true;
  }

  #claimOrThrow(): void {
    if (this.#lostBy) throw this.#lostBy;
    if (!this.claim()) throw new AlreadySettledError(this.named);
  }
}
